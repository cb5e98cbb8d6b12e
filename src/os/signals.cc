// SPDX-License-Identifier: Apache-2.0
#include "os/signals.hh"

#include <unistd.h>

#include <cerrno>

#include "base/error.hh"

namespace nsrun::os {

void block_all_signals() {
  sigset_t all;
  ::sigfillset(&all);
  base::check("block signals", ::sigprocmask(SIG_SETMASK, &all, nullptr));
}

SignalQueue::SignalQueue(std::span<const int> signals) {
  sigset_t blocked;
  ::sigemptyset(&blocked);
  for (const int signal : signals) ::sigaddset(&blocked, signal);
  fd_ = base::Fd(
      base::check("open a signalfd", ::signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK)));
  base::check("block signals", ::sigprocmask(SIG_BLOCK, &blocked, &original_mask_));
}

SignalQueue::~SignalQueue() { ::sigprocmask(SIG_SETMASK, &original_mask_, nullptr); }

std::optional<signalfd_siginfo> SignalQueue::next() {
  signalfd_siginfo info;
  const ssize_t count = ::read(fd_.number(), &info, sizeof info);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  base::check("read a signal", count);
  return info;
}

}  // namespace nsrun::os
