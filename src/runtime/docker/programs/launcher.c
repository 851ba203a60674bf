/*
 * The launcher: waits inside a started container and then becomes the function.
 *
 *   launcher COMMAND [ARGUMENT]...
 *
 * It reads one block of environment variables from stdin, lays them over its own, finds the command as the container
 * runtime would have found it, says so on stderr, and executes it: same process, same user, same working directory.
 *
 *   block  = "GATE", length of entries (32 bits, little-endian), entries
 *   entry  = "NAME=value", NUL
 *
 * What it answers on stderr, and with which code it ends where it does not become the function:
 *
 *   (nothing)                 0    stdin ended before a block began: the emulator is gone
 *   "cycle-gate: starting"         the function comes next
 *   "cycle-gate: <reason>"    125  the block is malformed, or the launcher itself cannot go on
 *   "cycle-gate: <reason>"    126  the command may not be executed
 *   "cycle-gate: <reason>"    127  there is no such command
 *   "exec <path>: <reason>"   1    the command was found and cannot be executed all the same; after "starting", with the
 *                                  words and the code of the container runtime (runc), which finds it out as late
 */
#include "system.h"

enum { launcher_failed = 125, not_executable = 126, not_found = 127, exec_failed = 1 };

/* More than the kernel takes for arguments and variables together. */
enum { most_bytes = 8 << 20, longest_path = 4096 };

static const char magic[4] = {'G', 'A', 'T', 'E'};

struct header {
  char magic[4];
  unsigned char length[4];
};

static unsigned long length_of(const char *text) {
  unsigned long length = 0;
  while (text[length] != 0) length += 1;
  return length;
}

/* Nothing can be done about a stderr that takes no more. */
static void say(const char *text) { sys_write(2, text, length_of(text)); }

static _Noreturn void fail(int code, const char *reason) {
  say("cycle-gate: ");
  say(reason);
  say("\n");
  sys_exit(code);
}

static const char *describe(long error) {
  switch (-error) {
    case ENOENT: return "no such file or directory";
    case E2BIG: return "argument list too long";
    case ENOEXEC: return "exec format error";
    case ENOMEM: return "cannot allocate memory";
    case EACCES: return "permission denied";
    case ETXTBSY: return "text file busy";
    case ENAMETOOLONG: return "file name too long";
    default: return "the kernel refuses it";
  }
}

/* How many bytes came; fewer than asked for only where stdin ended. */
static unsigned long read_fully(char *into, unsigned long length) {
  unsigned long have = 0;
  while (have < length) {
    long got = sys_read(0, into + have, length - have);
    if (got == -EINTR) continue;
    if (got < 0) fail(launcher_failed, "stdin cannot be read");
    if (got == 0) break;
    have += (unsigned long)got;
  }
  return have;
}

static void *map(unsigned long length) {
  long address = sys_map(length);
  /* Errors are the last 4095 values: as an address they would be in the kernel's half. */
  if (address < 0) fail(launcher_failed, "cannot allocate memory");
  return (void *)address;
}

/* Whether two entries `NAME=value` are of the same variable. */
static int is_same_variable(const char *one, const char *other) {
  while (*one == *other && *one != '=' && *one != 0) one += 1, other += 1;
  return (*one == '=' || *one == 0) && (*other == '=' || *other == 0);
}

/* How many entries there are. Ends the launcher unless each is a name, `=`, a value and NUL, and nothing comes after. */
static unsigned long count_entries(const char *entries, unsigned long length) {
  unsigned long count = 0;
  for (unsigned long at = 0; at < length; count += 1) {
    unsigned long start = at;
    while (at < length && entries[at] != '=' && entries[at] != 0) at += 1;
    if (at == start || at == length || entries[at] != '=') fail(launcher_failed, "malformed block: an entry without a name or a value");
    while (at < length && entries[at] != 0) at += 1;
    if (at == length) fail(launcher_failed, "malformed block: an entry without an end");
    at += 1;
  }
  return count;
}

/* The variables of the process with those of the block over them, the order kept, new ones at the end: as Docker merges. */
static char **merge(char **own, char *entries, unsigned long length) {
  unsigned long own_count = 0;
  while (own[own_count] != 0) own_count += 1;
  char **merged = map((own_count + count_entries(entries, length) + 1) * sizeof *merged);
  unsigned long count = own_count;
  for (unsigned long index = 0; index < own_count; index += 1) merged[index] = own[index];
  for (unsigned long at = 0; at < length; at += length_of(entries + at) + 1) {
    unsigned long place = 0;
    while (place < own_count && !is_same_variable(own[place], entries + at)) place += 1;
    merged[place < own_count ? place : count++] = entries + at;
  }
  return merged;
}

static char **read_environment(char **own) {
  struct header header;
  unsigned long got = read_fully((char *)&header, sizeof header);
  if (got == 0) sys_exit(0);
  if (got < sizeof header) fail(launcher_failed, "malformed block: its header is cut off");
  for (int index = 0; index < 4; index += 1)
    if (header.magic[index] != magic[index]) fail(launcher_failed, "malformed block: it does not begin with GATE");
  unsigned long length = 0;
  for (int index = 3; index >= 0; index -= 1) length = length << 8 | header.length[index];
  if (length > most_bytes) fail(not_executable, describe(-E2BIG));
  char *entries = map(length + 1);
  if (read_fully(entries, length) < length) fail(launcher_failed, "malformed block: it is cut off");
  return merge(own, entries, length);
}

/* Why a file cannot be the command, as the container runtime decides it; 0 where it can. */
static long check(const char *path) {
  long mode = sys_mode(path);
  if (mode < 0) return mode;
  if ((mode & S_IFMT) == S_IFDIR || (mode & ANY_EXECUTE) == 0) return -EACCES;
  return sys_access(path, X_OK) < 0 ? -EACCES : 0;
}

static const char *find_variable(char **environment, const char *name_and_equals) {
  for (; *environment != 0; environment += 1) {
    unsigned long at = 0;
    while (name_and_equals[at] != 0 && (*environment)[at] == name_and_equals[at]) at += 1;
    if (name_and_equals[at] == 0) return *environment + at;
  }
  return 0;
}

/* The first file of that name in the folders of PATH that can be executed, or 0. An empty folder is the working one. */
static const char *search(const char *name, const char *folders, char *path) {
  unsigned long name_length = length_of(name);
  if (folders == 0 || *folders == 0) return 0;
  for (;; folders += 1) {
    unsigned long length = 0;
    while (*folders != 0 && *folders != ':') {
      if (length < longest_path) path[length] = *folders;
      length += 1, folders += 1;
    }
    if (length == 0) path[length++] = '.';
    if (length + 1 + name_length < longest_path) {
      path[length++] = '/';
      for (unsigned long at = 0; at <= name_length; at += 1) path[length + at] = name[at];
      if (check(path) == 0) return path;
    }
    if (*folders == 0) return 0;
  }
}

static _Noreturn void fail_to_find(int code, const char *name, const char *stat, const char *reason) {
  say("cycle-gate: exec: \"");
  say(name);
  say("\": ");
  if (stat != 0) {
    say("stat ");
    say(stat);
    say(": ");
  }
  say(reason);
  say("\n");
  sys_exit(code);
}

/* The file to execute. Words and codes are those of the container runtime, which looks before the container counts as started. */
static const char *find_command(const char *name, char **environment, char *path) {
  const char *slash = name;
  while (*slash != 0 && *slash != '/') slash += 1;
  if (*slash == 0) {
    const char *found = search(name, find_variable(environment, "PATH="), path);
    if (found == 0) fail_to_find(not_found, name, 0, "executable file not found in $PATH");
    return found;
  }
  long error = check(name);
  if (error == -EACCES) fail_to_find(not_executable, name, 0, describe(error));
  if (error < 0) fail_to_find(not_found, name, name, describe(error));
  return name;
}

/* The function gets no stdin, as in a container that was made without one; the pipe to the emulator closes here. */
static void leave_stdin(void) {
  int nothing = (int)sys_open("/dev/null", O_RDWR);
  if (nothing < 0 || sys_dup3(nothing, 0) < 0) fail(launcher_failed, "/dev/null cannot be opened");
  sys_close(nothing);
}

/* Entered with the stack as the kernel made it: argc, argv, 0, variables, 0. */
__attribute__((used)) _Noreturn void run(long *stack) {
  char **argv = (char **)(stack + 1);
  char **own = argv + *stack + 1;
  char path[longest_path];
  if (*stack < 2) fail(launcher_failed, "no command given");
  char **environment = read_environment(own);
  leave_stdin();
  const char *command = find_command(argv[1], environment, path);
  say("cycle-gate: starting\n");
  long error = sys_execve(command, argv + 1, environment);
  say("exec ");
  say(command);
  say(": ");
  say(describe(error));
  say("\n");
  sys_exit(exec_failed);
}
