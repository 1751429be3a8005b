#include "cli/signals.h"

#include <unistd.h>

/* The only mutable global of the program. */
static volatile sig_atomic_t received;

static void on_signal(int number)
{
	if (received)
		_exit(128 + number);
	received = number;
}

void signals_install(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

const volatile sig_atomic_t *signals_flag(void)
{
	return &received;
}

int signals_received(void)
{
	return received;
}

void signals_clear(void)
{
	received = 0;
}

enum exit_status signals_status(void)
{
	return received == SIGINT ? STATUS_INTERRUPTED : STATUS_TERMINATED;
}
