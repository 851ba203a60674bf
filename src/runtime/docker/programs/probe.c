/*
 * The probe: says of ports in its network whether they accept connections, and makes none.
 *
 *   request = address (4 bytes), port (2 bytes), number (2 bytes), in the network's order
 *   answer  = number (2 bytes), 1 where the port accepts and 0 where it does not (yet)
 *
 * It reads requests from stdin and answers each on stdout, one after the other; it ends with its stdin, with code 0, and
 * with 125 and a line on stderr where it may not do its work.
 *
 * To a SYN the kernel answers SYN and ACK where a process listens. As no socket of ours is there for that answer, our
 * own kernel resets what is half open, and the process never learns of it: some functions accept only one connection.
 */
#include "system.h"

#if defined(__x86_64__)
enum { NR_socket = 41, NR_connect = 42, NR_getsockname = 51, NR_setsockopt = 54 };
#else
enum { NR_socket = 198, NR_connect = 203, NR_getsockname = 204, NR_setsockopt = 208 };
#endif

enum { AF_INET = 2, SOCK_RAW = 3, IPPROTO_TCP = 6, SOL_SOCKET = 1, SO_RCVTIMEO = 20 };
enum { SYN = 2, ACK = 16 };
enum { request_bytes = 8, header_bytes = 20, most_packets = 16, failed = 125 };

/* For an answer within the network; a request behind this one waits as long at most. */
static const struct { long seconds, microseconds; } patience = {0, 50000};

struct address {
  unsigned short family;
  unsigned char port[2], host[4], unused[8];
};

static _Noreturn void fail(const char *reason, unsigned long length) {
  sys_write(2, reason, length);
  sys_exit(failed);
}

static void copy(unsigned char *into, const unsigned char *from, int length) {
  for (int at = 0; at < length; at += 1) into[at] = from[at];
}

/* Of RFC 9293, 3.1: over the two addresses, the protocol, the length, and the header, whose own sum is 0. */
static unsigned checksum(const unsigned char *from, const unsigned char *to, const unsigned char *header) {
  unsigned sum = IPPROTO_TCP + header_bytes;
  for (int at = 0; at < 4; at += 2) sum += (from[at] << 8 | from[at + 1]) + (to[at] << 8 | to[at + 1]);
  for (int at = 0; at < header_bytes; at += 2) sum += header[at] << 8 | header[at + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/* Whether a packet, its IP header first, is the answer to the SYN; then `accepted` says which. */
static int is_answer(const unsigned char *packet, long length, const unsigned char *syn, int *accepted) {
  long at = (packet[0] & 15) * 4;
  if (length < at + header_bytes) return 0;
  const unsigned char *header = packet + at;
  /* From the port that was asked to the one that asked, of this number. */
  if (header[0] != syn[2] || header[1] != syn[3] || header[2] != syn[0] || header[3] != syn[1]) return 0;
  if (header[8] != syn[4] || header[9] != syn[5] || header[10] != syn[6] || header[11] != syn[7] + 1) return 0;
  *accepted = (header[13] & (SYN | ACK)) == (SYN | ACK);
  return 1;
}

static int accepts(const unsigned char *request) {
  struct address to = {AF_INET, {0}, {0}, {0}}, from;
  unsigned char syn[header_bytes] = {0}, packet[256];
  unsigned length = sizeof from;
  int accepted = 0;
  long raw = call(NR_socket, AF_INET, SOCK_RAW, IPPROTO_TCP, 0, 0, 0);
  if (raw < 0) fail("probe: raw sockets are not allowed\n", 35);
  copy(to.host, request, 4);
  call(NR_setsockopt, raw, SOL_SOCKET, SO_RCVTIMEO, (long)&patience, sizeof patience, 0);
  if (call(NR_connect, raw, (long)&to, sizeof to, 0, 0, 0) == 0 && call(NR_getsockname, raw, (long)&from, (long)&length, 0, 0, 0) == 0) {
    /* The source port and the sequence number have the request's number in them. */
    syn[0] = 0x80 | request[6], syn[1] = request[7];
    copy(syn + 2, request + 4, 2);
    copy(syn + 4, request + 6, 2);
    syn[12] = header_bytes / 4 << 4, syn[13] = SYN, syn[14] = 0xff;
    unsigned sum = checksum(from.host, to.host, syn);
    syn[16] = (unsigned char)(sum >> 8), syn[17] = (unsigned char)sum;
    if (sys_write((int)raw, syn, header_bytes) == header_bytes) {
      for (int packets = 0; packets < most_packets; packets += 1) {
        long got = sys_read((int)raw, packet, sizeof packet);
        if (got < 0 || is_answer(packet, got, syn, &accepted)) break;
      }
    }
  }
  sys_close((int)raw);
  return accepted;
}

__attribute__((used)) _Noreturn void run(void) {
  unsigned char request[request_bytes];
  for (;;) {
    for (long have = 0; have < request_bytes;) {
      long got = sys_read(0, request + have, (unsigned long)(request_bytes - have));
      if (got <= 0) sys_exit(0);
      have += got;
    }
    unsigned char answer[3] = {request[6], request[7], (unsigned char)accepts(request)};
    if (sys_write(1, answer, sizeof answer) < 0) sys_exit(0);
  }
}
