// SPDX-License-Identifier: Apache-2.0
// What Glibc's Swift module does not expose: epoll, eventfd, signalfd, timerfd, and two GNU calls.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

/// accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC.
int clinux_accept(int listener, struct sockaddr *address, socklen_t *length);

/// pthread_setname_np(3) for the calling thread; the kernel keeps 15 bytes.
int clinux_name_current_thread(const char *name);

/// The width of a terminal in columns (TIOCGWINSZ); 0 when the descriptor is none.
int clinux_terminal_columns(int descriptor);

/// Asks the processor to fetch 64 bytes that are to be written soon.
static inline void clinux_prefetch(const void *address) { __builtin_prefetch(address, 1); }
