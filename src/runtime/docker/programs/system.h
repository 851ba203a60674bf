/* The ten system calls that the launcher makes, so that it needs neither a C library nor the kernel's header files. */
#ifndef SYSTEM_H
#define SYSTEM_H

/* Results are the kernel's own: a negative number is an error's code. */
enum { ENOENT = 2, EINTR = 4, E2BIG = 7, ENOEXEC = 8, ENOMEM = 12, EACCES = 13, ETXTBSY = 26, ENAMETOOLONG = 36 };
enum { AT_FDCWD = -100, O_RDWR = 2, X_OK = 1 };
enum { PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MAP_ANONYMOUS = 32 };
enum { S_IFMT = 0170000, S_IFDIR = 0040000, ANY_EXECUTE = 0111 };

#if defined(__x86_64__)
enum { NR_read = 0, NR_write = 1, NR_close = 3, NR_mmap = 9, NR_execve = 59, NR_exit_group = 231, NR_openat = 257, NR_newfstatat = 262, NR_faccessat = 269, NR_dup3 = 292 };
enum { MODE_OFFSET = 24 };

static inline long call(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}

__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call run\n");

#elif defined(__aarch64__)
enum { NR_dup3 = 24, NR_faccessat = 48, NR_openat = 56, NR_close = 57, NR_read = 63, NR_write = 64, NR_newfstatat = 79, NR_exit_group = 94, NR_execve = 221, NR_mmap = 222 };
enum { MODE_OFFSET = 16 };

static inline long call(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}

__asm__(".globl _start\n_start:\n  mov x29, #0\n  mov x30, #0\n  mov x0, sp\n  and sp, x0, #-16\n  bl run\n");

#else
#error "no launcher for this architecture"
#endif

static inline long sys_read(int fd, void *into, unsigned long length) { return call(NR_read, fd, (long)into, (long)length, 0, 0, 0); }
static inline long sys_write(int fd, const void *from, unsigned long length) { return call(NR_write, fd, (long)from, (long)length, 0, 0, 0); }
static inline long sys_close(int fd) { return call(NR_close, fd, 0, 0, 0, 0, 0); }
static inline long sys_open(const char *path, int flags) { return call(NR_openat, AT_FDCWD, (long)path, flags, 0, 0, 0); }
static inline long sys_dup3(int from, int to) { return call(NR_dup3, from, to, 0, 0, 0, 0); }
static inline long sys_access(const char *path, int mode) { return call(NR_faccessat, AT_FDCWD, (long)path, mode, 0, 0, 0); }
static inline long sys_execve(const char *path, char **argv, char **envp) { return call(NR_execve, (long)path, (long)argv, (long)envp, 0, 0, 0); }
static inline _Noreturn void sys_exit(int code) {
  for (;;) call(NR_exit_group, code, 0, 0, 0, 0, 0);
}

/* Zeroed memory of the process's own; a negative number where there is none. */
static inline long sys_map(unsigned long length) {
  return call(NR_mmap, 0, (long)length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* A file's type and permissions, its links followed; a negative number where it cannot be looked at. */
static inline long sys_mode(const char *path) {
  unsigned long status[32]; /* 256 bytes: the kernel's struct has 144 at most. */
  long result = call(NR_newfstatat, AT_FDCWD, (long)path, (long)status, 0, 0, 0);
  return result < 0 ? result : (long)*(unsigned int *)((char *)status + MODE_OFFSET);
}

#endif
