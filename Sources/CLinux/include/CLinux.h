// SPDX-License-Identifier: Apache-2.0
// What Glibc's Swift module does not expose: epoll, eventfd, signalfd.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
