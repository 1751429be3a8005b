/*
 * Functions of libc that do not compile here, because each has cut or overrun a buffer somewhere.
 * Included first, through base/error.h. Use base/text.h, snprintf with its result checked, or
 * memcpy.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANNED(function) function##_is_banned_see_base_banned_h
#undef strcpy
#define strcpy(to, from) BANNED(strcpy)
#undef strcat
#define strcat(to, from) BANNED(strcat)
#undef strncpy
#define strncpy(to, from, count) BANNED(strncpy)
#undef strncat
#define strncat(to, from, count) BANNED(strncat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef strtok
#define strtok(text, separators) BANNED(strtok)
#undef alloca
#define alloca(size) BANNED(alloca)

#endif
