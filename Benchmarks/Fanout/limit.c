// SPDX-License-Identifier: Apache-2.0
// What publishing to many subscribers costs at least: a server that reads a request, makes one frame
// of the bytes that Weir's has, and calls send() once for each socket. One thread, one epoll.
//
// Usage: limit PORT [coalesce]
//   GET  /subscribe   a WebSocket, or with "Accept: text/event-stream" an event stream
//   POST /publish     its body goes to all subscribers; the answer has the length of Weir's
//   coalesce          all requests that were ready in one wait leave in one send() for each socket
//
// It is a measure, no server: it trusts whoever connects, and a subscriber that does not read is cut.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAXIMUM_CONNECTIONS = 65536, INPUT_BYTES = 64 << 10, OUTPUT_BYTES = 4 << 20, EVENTS = 512 };

enum kind { HTTP, FRAMES, BLOCKS };

struct connection {
  enum kind kind;
  bool open;
  size_t used;      // bytes of a request that is not complete
  char *input;      // INPUT_BYTES, only while it speaks HTTP
  int place;        // in the list of its kind
};

static struct connection connections[MAXIMUM_CONNECTIONS];
static int frame_readers[MAXIMUM_CONNECTIONS], frame_reader_count;
static int block_readers[MAXIMUM_CONNECTIONS], block_reader_count;
static int epoll;
static bool coalesces;
static unsigned long offset;
// What waits for the end of the turn, when it coalesces.
static char frames[OUTPUT_BYTES], blocks[OUTPUT_BYTES];
static size_t frames_used, blocks_used;
// Answers of one read, sent with one call.
static char answers[OUTPUT_BYTES];

static void check(bool is_good, const char *what) {
  if (is_good) return;
  fprintf(stderr, "limit: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void enlist(int fd, enum kind kind) {
  int *list = kind == FRAMES ? frame_readers : block_readers;
  int *count = kind == FRAMES ? &frame_reader_count : &block_reader_count;
  connections[fd].kind = kind;
  connections[fd].place = *count;
  list[(*count)++] = fd;
}

static void drop(int fd) {
  struct connection *it = &connections[fd];
  if (!it->open) return;
  if (it->kind != HTTP) {
    int *list = it->kind == FRAMES ? frame_readers : block_readers;
    int *count = it->kind == FRAMES ? &frame_reader_count : &block_reader_count;
    int last = list[--*count];
    list[it->place] = last;
    connections[last].place = it->place;
  }
  free(it->input);
  it->input = NULL;
  it->open = false;
  close(fd);
}

// The frame that Weir sends for an event without attributes of the topic "bench".
static size_t write_frame(char *out, const char *body, size_t length) {
  char head[] = "{\"push\":{\"channel\":\"bench\",\"pub\":{\"data\":";
  char tail[64];
  int tail_length = snprintf(tail, sizeof tail, ",\"offset\":%lu}}}", offset);
  size_t payload = sizeof head - 1 + length + tail_length, used = 0;
  out[used++] = (char)0x81;
  if (payload < 126) {
    out[used++] = (char)payload;
  } else if (payload <= 0xFFFF) {
    out[used++] = 126;
    out[used++] = (char)(payload >> 8);
    out[used++] = (char)payload;
  } else {
    out[used++] = 127;
    for (int shift = 56; shift >= 0; shift -= 8) out[used++] = (char)(payload >> shift);
  }
  memcpy(out + used, head, sizeof head - 1);
  used += sizeof head - 1;
  memcpy(out + used, body, length);
  used += length;
  memcpy(out + used, tail, tail_length);
  return used + tail_length;
}

// The block that Weir sends: the data, and a place in the topic with an epoch of 13 letters.
static size_t write_block(char *out, const char *body, size_t length) {
  size_t used = 0;
  memcpy(out, "data: ", 6);
  used = 6;
  memcpy(out + used, body, length);
  used += length;
  return used + sprintf(out + used, "\nid: bench:abcdefghijklm:%lu\n\n", offset);
}

static void send_to_all(const int *list, const int *count, const char *bytes, size_t length) {
  // From the end, so that dropping one does not hide another.
  for (int index = *count - 1; index >= 0; index--) {
    int fd = list[index];
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) drop(fd);
  }
}

static void flush_readers(void) {
  if (frames_used) send_to_all(frame_readers, &frame_reader_count, frames, frames_used);
  if (blocks_used) send_to_all(block_readers, &block_reader_count, blocks, blocks_used);
  frames_used = blocks_used = 0;
}

static void publish(const char *body, size_t length) {
  offset++;
  if (frames_used + length + 256 > OUTPUT_BYTES || blocks_used + length + 256 > OUTPUT_BYTES)
    flush_readers();
  if (frame_reader_count) frames_used += write_frame(frames + frames_used, body, length);
  if (block_reader_count) blocks_used += write_block(blocks + blocks_used, body, length);
  if (!coalesces) flush_readers();
}

static void open_web_socket(int fd, const char *request) {
  const char *field = strcasestr(request, "\nSec-WebSocket-Key:");
  if (!field) return drop(fd);
  field += 19;
  while (*field == ' ') field++;
  char joined[128], accept[64], answer[256];
  unsigned char digest[SHA_DIGEST_LENGTH];
  int length = snprintf(joined, sizeof joined, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", field);
  SHA1((unsigned char *)joined, (size_t)length, digest);
  EVP_EncodeBlock((unsigned char *)accept, digest, SHA_DIGEST_LENGTH);
  length = snprintf(answer, sizeof answer,
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                    accept);
  if (send(fd, answer, (size_t)length, MSG_NOSIGNAL) != length) return drop(fd);
  enlist(fd, FRAMES);
}

static void open_event_stream(int fd) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Cache-Control: no-store\r\nConnection: close\r\n\r\n";
  if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) != sizeof answer - 1) return drop(fd);
  enlist(fd, BLOCKS);
}

// The answer to a publish: fixed, as long as Weir's.
static size_t write_answer(char *out) {
  static const char answer[] =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
      "Content-Length: 95\r\nX-Content-Type-Options: nosniff\r\n\r\n"
      "{\"topic\":\"bench\",\"epoch\":\"abcdefghijklm\",\"firstOffset\":100000,\"lastOffset\":100000,"
      "\"accepted\":1}";
  memcpy(out, answer, sizeof answer - 1);
  return sizeof answer - 1;
}

// Handles the complete requests in a connection's input; answers whether it still speaks HTTP.
static bool handle_requests(int fd) {
  struct connection *it = &connections[fd];
  size_t start = 0, answered = 0;
  while (true) {
    char *request = it->input + start;
    char *end = memmem(request, it->used - start, "\r\n\r\n", 4);
    if (!end) break;
    size_t head = (size_t)(end - request) + 4;
    if (memcmp(request, "GET ", 4) == 0) {
      *end = 0;
      bool is_stream = strcasestr(request, "text/event-stream") != NULL;
      if (is_stream) open_event_stream(fd);
      else open_web_socket(fd, request);
      free(it->input);
      it->input = NULL;
      return false;
    }
    *end = 0;
    const char *field = strcasestr(request, "\nContent-Length:");
    *end = '\r';
    size_t length = field ? strtoul(field + 16, NULL, 10) : 0;
    if (it->used - start - head < length) break;
    publish(request + head, length);
    answered += write_answer(answers + answered);
    start += head + length;
  }
  memmove(it->input, it->input + start, it->used - start);
  it->used -= start;
  if (answered && send(fd, answers, answered, MSG_NOSIGNAL) != (ssize_t)answered) {
    drop(fd);
    return false;
  }
  return true;
}

static void read_from(int fd) {
  struct connection *it = &connections[fd];
  static char ignored[INPUT_BYTES];
  while (it->open) {
    bool is_http = it->kind == HTTP;
    size_t room = is_http ? INPUT_BYTES - 1 - it->used : sizeof ignored;
    if (room == 0) return drop(fd);
    ssize_t count = recv(fd, is_http ? it->input + it->used : ignored, room, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return drop(fd);
    if (count < 0) return;
    if (!is_http) continue;
    it->used += (size_t)count;
    it->input[it->used] = 0;
    if (!handle_requests(fd)) return;
    if ((size_t)count < room) return;
  }
}

static void accept_all(int listener) {
  while (true) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (fd >= MAXIMUM_CONNECTIONS) {
      close(fd);
      continue;
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connections[fd] = (struct connection){.open = true, .input = malloc(INPUT_BYTES)};
    check(connections[fd].input != NULL, "no memory");
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = fd};
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  }
}

static int listen_on(int port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
  check(listen(listener, 4096) == 0, "listen");
  return listener;
}

int main(int count, char **arguments) {
  if (count < 2) {
    fprintf(stderr, "usage: limit PORT [coalesce]\n");
    return 2;
  }
  coalesces = count > 2 && strcmp(arguments[2], "coalesce") == 0;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  int listener = listen_on(atoi(arguments[1]));
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
  check(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == 0, "epoll_ctl");
  while (true) {
    int ready = epoll_wait(epoll, events, EVENTS, -1);
    check(ready >= 0 || errno == EINTR, "epoll_wait");
    for (int index = 0; index < ready; index++) {
      if (events[index].data.fd == listener) accept_all(listener);
      else read_from(events[index].data.fd);
    }
    if (coalesces) flush_readers();
  }
}
