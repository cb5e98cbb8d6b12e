// SPDX-License-Identifier: Apache-2.0
//
// Where netns-ctl exec gets what it takes to follow the command into its namespaces. An abstract
// Unix socket like the control socket (nsrun/instance.hh), but of netns-run itself: the helper,
// which meets the guest's bytes, must not hold the namespaces. It knows nothing of who has entered.
//
// A client gets one message and the end: EntryTerms, with a pidfd of netns-run and then the
// descriptors of kEnteredNamespaces; or, without a descriptor, why it cannot enter. Another user's
// gets only the end.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "base/fd.hh"

namespace nsrun::launcher {

class Entrance {
 public:
  // Lays on a process what is laid on the command. Throws, with the reason, when it cannot.
  using Preparation = std::function<void(pid_t)>;

  // `terms`: encoded. Throws SystemError.
  Entrance(std::string terms, std::vector<base::Fd> namespaces, Preparation prepare);

  // Readable when serve() has something to do.
  base::FdView fd() const noexcept { return socket_; }
  // One client.
  void serve() noexcept;

 private:
  void answer(base::FdView client);

  std::string terms_;
  std::vector<base::Fd> handed_over_;
  Preparation prepare_;
  base::Fd socket_;
};

}  // namespace nsrun::launcher
