/* The least that a program can do. Linked statically, its start is the limit of every start: fork, execve, exit. */
int main(void) { return 0; }
