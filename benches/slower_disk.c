/* For ports.sh: a disk on which each fdatasync takes SLOWER microseconds more, for all who measure alike. It
   waits without sleeping: a sleep is never so short. */
#include <dlfcn.h>
#include <time.h>

static long long now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000LL + at.tv_nsec / 1000;
}

int fdatasync(int file)
{
    static int (*disk)(int);
    long long until = now() + SLOWER;

    if (!disk)
        disk = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    while (now() < until)
        ;
    return disk(file);
}
