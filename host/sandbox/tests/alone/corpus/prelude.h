#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
/* Says so where a call that must fail does not. */
#define REFUSED(call) do { errno = 0; if ((long)(call) != -1) printf("gained: %s\n", #call); } while (0)
/* The same for a call that must fail for this reason. */
#define FAILS(reason, call) do { errno = 0; \
    if ((long)(call) != -1 || errno != (reason)) printf("gained: %s, %s\n", #call, strerror(errno)); } while (0)
#line 1 "main.c"
