/*
 * The process of a sandbox: it holds a network that containers join one after the other, and says whether that is as new.
 *
 *   request = a name of 1 to 31 bytes, and a line break
 *   answer  = a line for each thing that is not as new, and the line `done NAME`
 *
 * Between requests it sleeps. The end of stdin does not end it; SIGTERM does, with code 0.
 *
 * At its start it remembers the network. A request first wipes what an ordinary run leaves: closed connections that the
 * kernel still keeps, tracked connections, neighbours. For that alone it needs CAP_NET_ADMIN; without, they are findings.
 */
#include "system.h"

#if defined(__x86_64__)
enum { NR_munmap = 11, NR_rt_sigaction = 13, NR_socket = 41, NR_sendto = 44, NR_recvfrom = 45, NR_ppoll = 271, NR_statx = 332 };
#else
enum { NR_ppoll = 73, NR_rt_sigaction = 134, NR_socket = 198, NR_sendto = 206, NR_recvfrom = 207, NR_munmap = 215, NR_statx = 291 };
#endif

typedef unsigned char byte;
typedef unsigned long hash;

/* No answer about a network is longer than the buffer: the kernel writes 32 KiB at most at a time. */
enum { failed = 125, longest_name = 31, buffer_bytes = 32768, most_file_bytes = 1 << 20, tries = 3 };

/* What compilers make of structures that are copied or begin with zeros. */
void *memcpy(void *into, const void *from, unsigned long length) {
  for (unsigned long at = 0; at < length; at += 1) ((byte *)into)[at] = ((const byte *)from)[at];
  return into;
}
void *memset(void *into, int value, unsigned long length) {
  for (unsigned long at = 0; at < length; at += 1) ((byte *)into)[at] = (byte)value;
  return into;
}

static void say(const char *text) {
  unsigned long length = 0;
  while (text[length] != 0) length += 1;
  sys_write(1, text, length);
}

/* FNV-1a: nothing is hidden from it on purpose. */
static hash hash_bytes(hash sum, const byte *from, unsigned long length) {
  for (unsigned long at = 0; at < length; at += 1) sum = (sum ^ from[at]) * 0x100000001b3;
  return sum;
}

/* ---- Files ---- */

static hash hash_content(hash sum, const char *path, byte *buffer) {
  long file = sys_open(path, 0), got = 0;
  for (long have = 0; file >= 0 && have < most_file_bytes; have += got) {
    got = sys_read((int)file, buffer, buffer_bytes);
    if (got <= 0) break;
    sum = hash_bytes(sum, buffer, (unsigned long)got);
  }
  if (file >= 0) sys_close((int)file);
  return sum ^ (hash)(file < 0 || got < 0);
}

/* Of the content, owner, permissions, size and attributes; its times may be others. */
static hash hash_file(const char *path, byte *buffer) {
  enum { ATTRIBUTES = 8, OWNER_TO_MODE = 20, SIZE = 40, STATX_BASIC_STATS = 0x7ff };
  byte status[256] = {0};
  call(NR_statx, AT_FDCWD, (long)path, 0, STATX_BASIC_STATS, (long)status, 0);
  hash sum = hash_bytes(hash_bytes(hash_bytes(0, status + ATTRIBUTES, 8), status + OWNER_TO_MODE, 10), status + SIZE, 8);
  return hash_content(sum, path, buffer);
}

/* The beginning of a file of the kernel's, with a NUL behind it; nothing where there is none. */
static char *read_file(const char *path, byte *buffer) {
  long have = 0, got = 1, file = sys_open(path, 0);
  for (; file >= 0 && got > 0; have += got > 0 ? got : 0) got = sys_read((int)file, buffer + have, (unsigned long)(buffer_bytes - 1 - have));
  if (file >= 0) sys_close((int)file);
  buffer[have] = 0;
  return (char *)buffer;
}

static const char *skip(const char *text, int spaces) {
  while (*text != 0 && *text != '\n' && (*text == ' ') == spaces) text += 1;
  return text;
}

static unsigned long number_at(const char *text) {
  unsigned long number = 0;
  for (; *text >= '0' && *text <= '9'; text += 1) number = number * 10 + (unsigned long)(*text - '0');
  return number;
}

/*
 * By the kernel's counters for this network, a line each of name, size and number: of every kind, with or without a name.
 * But for PACKET and RAW: over such, Docker announces the addresses for some seconds, and no run leaves one behind.
 */
static hash hash_sockets(byte *buffer) {
  hash sum = 0;
  for (const char *line = read_file("/proc/net/protocols", buffer); *line != 0; line += *line == '\n') {
    const char *end = skip(line, 0);
    int counts = !((line[0] == 'P' || line[0] == 'R') && line[1] == 'A');
    if (counts) sum += hash_bytes(0, (const byte *)line, (unsigned long)(end - line)) * number_at(skip(skip(skip(end, 1), 0), 1));
    for (line = end; *line != 0 && *line != '\n'; line += 1) {}
  }
  return sum;
}

/* Also those that no process has any more and the kernel keeps so that their ports are not used too soon. */
static unsigned long count_closed(byte *buffer) {
  const char *at = read_file("/proc/net/sockstat", buffer);
  for (; *at != 0; at += 1)
    if (at[0] == ' ' && at[1] == 't' && at[2] == 'w' && at[3] == ' ') return number_at(at + 4);
  return 0;
}

/* ---- Netlink ---- */

enum { AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16, SOCK_RAW = 3, IPPROTO_TCP = 6 };
enum { ROUTE = 0, SOCKETS = 4, NETFILTER = 12, ERROR = 2, DONE = 3, REQUEST = 1, ACKNOWLEDGE = 4, DUMP = 0x300 };
enum { GET_LINK = 18, GET_ADDRESS = 22, GET_ROUTE = 26, DELETE_NEIGHBOUR = 29, GET_NEIGHBOUR = 30, GET_RULE = 34 };
enum { BY_FAMILY = 20, DESTROY = 21, FLUSH_TRACKED = 1 << 8 | 2 };

struct message {
  unsigned length;
  unsigned short type, flags;
  unsigned number, port;
};

typedef void visit(const struct message *, void *);

/* Sends a request and visits each message of the answer. Whether all of it came. */
static int converse(int protocol, struct message *request, byte *answer, long room, visit *visitor, void *context) {
  int is_whole = 0;
  long line = call(NR_socket, AF_NETLINK, SOCK_RAW, protocol, 0, 0, 0);
  long got = line < 0 ? line : call(NR_sendto, line, (long)request, request->length, 0, 0, 0);
  while (got > 0) {
    got = call(NR_recvfrom, line, (long)answer, room, 0, 0, 0);
    for (long at = 0; at < got;) {
      const struct message *message = (const struct message *)(answer + at);
      if (message->type == DONE || message->type == ERROR) {
        is_whole = *(const int *)(message + 1) >= 0;
        got = 0;
      } else {
        visitor(message, context);
        at += (message->length + 3) & ~3u;
      }
    }
  }
  if (line >= 0) sys_close((int)line);
  return is_whole;
}

/* What the kernel refuses, the look that follows shows. */
static void command(int protocol, struct message *request) {
  byte answer[64] __attribute__((aligned(4)));
  request->flags = REQUEST | ACKNOWLEDGE;
  converse(protocol, request, answer, sizeof answer, 0, 0);
}

static int dump(unsigned short type, byte *buffer, visit *visitor, void *context) {
  struct { struct message message; byte header[16]; } request = {{sizeof request, type, REQUEST | DUMP, 0, 0}, {0}};
  return converse(ROUTE, &request.message, buffer, buffer_bytes, visitor, context);
}

/* What counts of a message: bits of its header, and attributes by their numbers. Not counters, times, and states. */
struct part {
  unsigned short type, header_bytes;
  const char *bits;
  unsigned attributes;
};

static const struct part parts[] = {
  /* All of the flags but whether the link runs; address, broadcast, name, MTU, peer, queueing, master, promiscuity. */
  {GET_LINK, 16, "\0\0\xff\xff\xff\xff\xff\xff\xbf\xff\0\0\0\0\0", 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 10 | 1 << 30},
  {GET_ADDRESS, 8, "\xff\xff\0\xff\xff\xff\xff\xff", 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4},
  {GET_ROUTE, 12, "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0", ~(1u << 12)},
  {GET_RULE, 12, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", ~0u},
};
enum { part_count = sizeof parts / sizeof *parts };

static unsigned at16(const byte *from) { return (unsigned)(from[0] | from[1] << 8); }

struct sum {
  const struct part *part;
  hash hash;
};

static void add_message(const struct message *message, void *context) {
  enum { SCOPE_LINK = 253, PROTOCOL_KERNEL = 2 };
  struct sum *sum = context;
  const struct part *part = sum->part;
  const byte *header = (const byte *)(message + 1), *end = (const byte *)message + message->length;
  /* When a link has come up, perhaps after our start, the kernel gives it an address of its own, and routes to addresses. */
  if (part->type == GET_ADDRESS && header[0] == AF_INET6 && header[3] == SCOPE_LINK) return;
  if (part->type == GET_ROUTE && header[5] == PROTOCOL_KERNEL) return;
  hash own = 0;
  for (int at = 0; at < part->header_bytes; at += 1) own = (own ^ (header[at] & (byte)part->bits[at])) * 0x100000001b3;
  for (const byte *at = header + part->header_bytes; at + 4 <= end && at16(at) >= 4; at += (at16(at) + 3) & ~3u) {
    unsigned kind = at16(at + 2) & 0x3fff;
    if (kind < 32 && part->attributes >> kind & 1) own = hash_bytes(own, at, at16(at));
  }
  /* The kernel answers in no order. */
  sum->hash += own;
}

static hash hash_part(const struct part *part, byte *buffer) {
  struct sum sum = {part, 0};
  return dump(part->type, buffer, add_message, &sum) ? sum.hash : 0;
}

struct neighbour {
  struct message message;
  byte family, unused[3];
  unsigned link;
  unsigned short state;
  byte flags, type, address[20]; /* An attribute; the kernel's messages are longer. */
};
enum { FAILED = 0x20, NO_ARP = 0x40, PERMANENT = 0x80 };

static void delete_neighbour(const struct message *message, void *context) {
  struct neighbour request = *(const struct neighbour *)message;
  if (request.state & (NO_ARP | PERMANENT)) return;
  request.message.length = (unsigned)sizeof request - (unsigned)sizeof request.address + at16(request.address);
  request.message.type = DELETE_NEIGHBOUR;
  command(ROUTE, &request.message);
  (void)context;
}

static void count_neighbour(const struct message *message, void *context) {
  *(hash *)context += (((const struct neighbour *)message)->state & (FAILED | NO_ARP)) == 0;
}

struct socket_id { byte bytes[48]; };
struct socket_request {
  struct message message;
  byte family, protocol, extensions, unused;
  unsigned states;
  struct socket_id id;
};
struct socket_answer {
  struct message message;
  byte family, state, timer, retransmits;
  struct socket_id id;
  unsigned expires, to_read, to_write, user, inode;
};

static void destroy_socket(const struct message *message, void *context) {
  const struct socket_answer *found = (const struct socket_answer *)message;
  struct socket_request request = {{sizeof request, DESTROY, 0, 0, 0}, found->family, IPPROTO_TCP, 0, 0, ~0u, found->id};
  if (found->inode == 0) command(SOCKETS, &request.message);
  (void)context;
}

/* In FIN_WAIT1, FIN_WAIT2, TIME_WAIT, LAST_ACK and CLOSING: in others, what no process has waits to be accepted by one. */
static void destroy_closed(byte family, byte *buffer) {
  enum { CLOSED = 1 << 4 | 1 << 5 | 1 << 6 | 1 << 9 | 1 << 11 };
  struct socket_request request = {{sizeof request, BY_FAMILY, REQUEST | DUMP, 0, 0}, family, IPPROTO_TCP, 0, 0, CLOSED, {{0}}};
  converse(SOCKETS, &request.message, buffer, buffer_bytes, destroy_socket, 0);
}

/* Connections first: the kernel may take leave for each, of a neighbour. */
static void wipe(byte *buffer) {
  struct { struct message message; byte header[4]; } flush = {{sizeof flush, FLUSH_TRACKED, 0, 0, 0}, {0}};
  destroy_closed(AF_INET, buffer);
  destroy_closed(AF_INET6, buffer);
  command(NETFILTER, &flush.message);
  dump(GET_NEIGHBOUR, buffer, delete_neighbour, 0);
}

/* ---- Requests ---- */

static const char *const names[] = {"sockets", "closed connections", "tracked connections", "neighbours", "links", "addresses", "routes", "rules", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname"};
enum { item_count = sizeof names / sizeof *names, first_part = 4, first_file = first_part + part_count };

struct state { hash items[item_count]; };

static void look(struct state *state, byte *buffer) {
  hash *items = state->items;
  wipe(buffer);
  items[0] = hash_sockets(buffer);
  items[1] = count_closed(buffer);
  items[2] = number_at(read_file("/proc/sys/net/netfilter/nf_conntrack_count", buffer));
  items[3] = 0;
  dump(GET_NEIGHBOUR, buffer, count_neighbour, &items[3]);
  for (int at = 0; at < part_count; at += 1) items[first_part + at] = hash_part(&parts[at], buffer);
  for (int at = first_file; at < item_count; at += 1) items[at] = hash_file(names[at], buffer);
}

/* Memory for the work alone: what sleeps shall be small. */
static byte *map_buffer(void) {
  long address = sys_map(buffer_bytes);
  if (address < 0) sys_exit(failed);
  return (byte *)address;
}

/* What comes and goes by itself, such as the question of a neighbour, is no finding: it is looked for again. */
static void answer(const struct state *new, const char *name) {
  byte *buffer = map_buffer();
  struct state now;
  for (int left = tries, changes = 1; changes > 0 && left > 0; left -= 1) {
    look(&now, buffer);
    changes = 0;
    for (int at = 0; at < item_count; at += 1) {
      if (now.items[at] == new->items[at]) continue;
      changes += 1;
      if (left > 1) continue;
      say(names[at]);
      say("\n");
    }
  }
  call(NR_munmap, (long)buffer, buffer_bytes, 0, 0, 0, 0);
  say("done ");
  say(name);
  say("\n");
}

static void end(int signal) {
  (void)signal;
  sys_exit(0);
}

/* The first process of a container gets only signals that it handles. The handler never returns, and needs no way back. */
static void end_at_sigterm(void) {
  enum { SIGTERM = 15, SA_RESTORER = 0x04000000 };
#if defined(__x86_64__)
  struct { void (*handler)(int); unsigned long flags; void (*restorer)(int); unsigned long mask; } action = {end, SA_RESTORER, end, 0};
#else
  struct { void (*handler)(int); unsigned long flags, mask; } action = {end, 0, 0};
#endif
  call(NR_rt_sigaction, SIGTERM, (long)&action, 0, 8, 0, 0);
}

__attribute__((used)) _Noreturn void run(void) {
  char name[longest_name + 1];
  int length = 0;
  struct state new;
  end_at_sigterm();
  byte *buffer = map_buffer();
  look(&new, buffer);
  call(NR_munmap, (long)buffer, buffer_bytes, 0, 0, 0, 0);
  for (;;) {
    char next;
    long got = sys_read(0, &next, 1);
    /* Nothing can come any more. */
    if (got <= 0 && got != -EINTR) call(NR_ppoll, 0, 0, 0, 0, 0, 0);
    if (got != 1) continue;
    if (next != '\n') {
      if (length < longest_name) name[length] = next;
      length += length <= longest_name;
      continue;
    }
    if (length > 0 && length <= longest_name) {
      name[length] = 0;
      answer(&new, name);
    }
    length = 0;
  }
}
