/* Writes a tree's files as fast as a simple program can: rawwrite FROM TO THREADS
 *
 * Reads all of FROM into memory first, but large files while it writes, from the page cache; then makes the same directories, files and symbolic links below TO, which must
 * not exist, and prints the seconds that this took. The yardstick for extraction: no reading, no decoding, no checking. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Files of this size and more are mapped. */
#define LARGE (1 << 20)

struct item {
    char *path, *bytes;
    size_t length;
    mode_t mode;
};

static struct item *directories, *files;
static size_t directory_count, file_count, from_length;
static const char *to;
static atomic_size_t next_file;

static void die(const char *what) {
    fprintf(stderr, "rawwrite: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct item *add(struct item **list, size_t *count) {
    if ((*count & (*count + 1)) == 0) {
        *list = realloc(*list, (2 * *count + 2) * sizeof **list);
        if (!*list) die("memory");
    }
    return &(*list)[(*count)++];
}

static int visit(const char *path, const struct stat *stat, int kind, struct FTW *walk) {
    (void)walk;
    struct item *item = kind == FTW_D ? add(&directories, &directory_count) : add(&files, &file_count);
    if (asprintf(&item->path, "%s%s", to, path + from_length) < 0) die("memory");
    item->mode = stat->st_mode;
    item->length = (size_t)stat->st_size;
    if (kind == FTW_D) return 0;
    if (S_ISREG(stat->st_mode) && item->length >= LARGE) {
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) die(path);
        item->bytes = mmap(NULL, item->length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
        if (item->bytes == MAP_FAILED) die(path);
        close(file);
        return 0;
    }
    if (!(item->bytes = malloc(item->length + 1))) die("memory");
    item->bytes[item->length] = 0;
    if (S_ISLNK(stat->st_mode)) {
        if (readlink(path, item->bytes, item->length) != (ssize_t)item->length) die(path);
        return 0;
    }
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) die(path);
    for (size_t got = 0; got < item->length;) {
        ssize_t more = read(file, item->bytes + got, item->length - got);
        if (more <= 0) die(path);
        got += (size_t)more;
    }
    close(file);
    return 0;
}

static void *work(void *unused) {
    (void)unused;
    for (size_t index; (index = atomic_fetch_add(&next_file, 1)) < file_count;) {
        struct item *item = &files[index];
        if (S_ISLNK(item->mode)) {
            if (symlink(item->bytes, item->path)) die(item->path);
            continue;
        }
        int file = open(item->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, item->mode & 0777);
        if (file < 0) die(item->path);
        for (size_t put = 0; put < item->length;) {
            ssize_t more = write(file, item->bytes + put, item->length - put);
            if (more <= 0) die(item->path);
            put += (size_t)more;
        }
        close(file);
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    int threads = atoi(arguments[3]);
    if (threads < 1 || threads > 64) return 2;
    to = arguments[2];
    from_length = strlen(arguments[1]);
    if (nftw(arguments[1], visit, 64, FTW_PHYS)) die(arguments[1]);

    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (size_t index = 0; index < directory_count; index++)
        if (mkdir(directories[index].path, 0755)) die(directories[index].path);
    pthread_t others[64];
    for (int index = 1; index < threads; index++)
        if (pthread_create(&others[index], NULL, work, NULL)) die("thread");
    work(NULL);
    for (int index = 1; index < threads; index++) pthread_join(others[index], NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.6f\n", (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
    return 0;
}
