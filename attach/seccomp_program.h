/*
 * What a seccomp filter answers to a system call: classic BPF as the kernel takes it for that
 * purpose (kernel/seccomp.c: seccomp_check_filter; Documentation/networking/filter.rst).
 */
#ifndef ATTACH_SECCOMP_PROGRAM_H
#define ATTACH_SECCOMP_PROGRAM_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

/* SECCOMP_RET_* with its data; SECCOMP_RET_KILL_PROCESS where the program is none that the kernel
 * would have taken. */
uint32_t seccomp_program_run(const struct sock_filter *program, size_t count,
			     const struct seccomp_data *call);

#endif
