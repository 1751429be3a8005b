/*
 * Writes all of its memory again and again: what a copy-on-write snapshot of it costs grows as fast
 * as that goes. usage: churn MEBIBYTES. SIGUSR1: says how many rounds it has made.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static volatile sig_atomic_t asked;

static void on_signal(int number)
{
	(void)number;
	asked = 1;
}

int main(int count, char **arguments)
{
	enum { PAGE = 4096 };
	size_t size = count > 1 ? strtoul(arguments[1], NULL, 10) << 20 : PAGE;
	struct sigaction action = { .sa_handler = on_signal };
	sigaction(SIGUSR1, &action, NULL);
	uint8_t *memory =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	for (unsigned long round = 1;; round++) {
		for (size_t at = 0; at < size; at += PAGE)
			memory[at + round % PAGE]++;
		if (round == 1 || asked) {
			asked = 0;
			printf("round %lu\n", round);
			fflush(stdout);
		}
	}
}
