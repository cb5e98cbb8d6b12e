// SPDX-License-Identifier: Apache-2.0
//
// The process inside: a child of the helper in the guest's user and network namespaces, which makes
// there what the helper asks for (dataplane/inside_words.hh) and cannot make from the host:
// sockets, and lists of those that listen. It has entered, left the host's files for an empty root,
// given up every capability (save CAP_NET_RAW over the guest's network where it makes sockets with
// foreign sources) and closed all but one end of a socket pair before it reads the first request,
// and never sees a byte of the guest: what is done with a socket, the helper does. It ends with the
// helper.
#pragma once

#include <optional>

#include "base/fd.hh"
#include "dataplane/inside_words.hh"
#include "dataplane/process_answer.hh"
#include "os/process.hh"
#include "sandbox/lock_down.hh"

namespace nsrun::helper {

struct InsideTask {
  sandbox::Missing missing = sandbox::Missing::kIsAnError;
  bool lists_listeners = false;  // costs a descriptor of its own
  // Sockets with foreign sources are made. Where the namespace cannot be prepared for them every
  // request fails, with a message for --verbose.
  bool admits_foreign_sources = false;
};

class Inside {
 public:
  // No process at all.
  Inside() = default;
  // Before lock-down, with one thread. `guest_user_namespace`: empty when it is the current one.
  // No process where `tap` does not tell the guest's network: no TAP, or somebody else's. One that
  // may not enter ends, with a message for --verbose; the channel's end tells of it.
  static Inside start(base::FdView guest_user_namespace, base::FdView tap, const InsideTask& task);
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  // The channel must be closed by then: waits, for a moment at most, until the process has ended.
  ~Inside();

  // -1 without a process.
  pid_t pid() const noexcept { return child_ ? child_->pid() : -1; }
  // Waits until the process is locked down, asks, and waits for the answer, while nobody else has
  // the channel; ENOTCONN without a process. Throws SystemError.
  dataplane::ProcessAnswer ask(dataplane::InsideRequest request);
  // The helper's end, for whoever asks, once the process is locked down; empty without one. Throws
  // SystemError.
  base::Fd take_channel();

 private:
  Inside(os::Child child, base::Fd channel)
      : child_(std::move(child)), channel_(std::move(channel)) {}

  void wait_for_lock_down();

  std::optional<os::Child> child_;
  base::Fd channel_;
  bool is_locked_down_ = false;
};

}  // namespace nsrun::helper
