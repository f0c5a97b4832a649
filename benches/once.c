/* Runs a command once: once COMMAND [ARGUMENT…]
 *
 * Prints wall seconds and the peak of its resident set in KiB, up to now of all programs that the process became (wait4(2)).
 * The command's output is thrown away; its status becomes ours.
 *
 * In C because a child's peak starts with that of the process it was forked from, and Python's is larger than
 * what is to be measured. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    double start = now();
    pid_t child = fork();
    if (child < 0) return 3;
    if (child == 0) {
        dup2(null, 0);
        dup2(null, 1);
        execv(arguments[1], arguments + 1);
        fprintf(stderr, "%s: %s\n", arguments[1], strerror(errno));
        _exit(127);
    }
    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR) return 3;
    printf("%.6f %ld\n", now() - start, usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
