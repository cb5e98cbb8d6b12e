// SPDX-License-Identifier: Apache-2.0
#include "launcher/guest.hh"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hh"
#include "launcher/diagnosis.hh"
#include "launcher/identity.hh"
#include "launcher/init.hh"
#include "os/fd_passing.hh"
#include "os/id_maps.hh"

namespace nsrun::launcher {
namespace {

int namespaces_for(const Options& options) noexcept {
  int flags = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS;
  if (!options.share_pid) flags |= CLONE_NEWPID;
  if (options.new_ipc) flags |= CLONE_NEWIPC;
  if (options.new_uts) flags |= CLONE_NEWUTS;
  if (options.new_cgroup) flags |= CLONE_NEWCGROUP;
  return flags;
}

os::Child start_init(const InitTask& task, base::Fd& our_end) {
  const auto body = [&] {
    // Else init would keep its own channel open, and never learn of our end.
    our_end.close();
    return run_init(task);
  };
  try {
    return os::Child::start(body, namespaces_for(task.options));
  } catch (const base::SystemError& error) {
    const std::string failed = fmt::format("cannot create a user and network namespace: {}",
                                           base::error_text(error.error_number()));
    throw base::Failure(
        explain(failed, Step::kMakeNamespaces, error.error_number(), read_host_facts()));
  }
}

}  // namespace

Guest Guest::start(const Options& options, const CallerState& caller) {
  auto [ours, theirs] = os::make_seqpacket_pair();
  const base::Fd launcher = os::open_pidfd(::getpid());
  const os::Ids caller_ids = os::own_ids();
  const Identity identity = identity_for(options, caller_ids);
  const InitTask task{.channel = theirs,
                      .launcher = launcher,
                      .options = options,
                      .inside = identity.inside,
                      .caller = caller};
  os::Child init = start_init(task, ours);
  try {
    write_maps(identity, init.pid(), caller_ids);
  } catch (const base::SystemError& error) {
    throw base::Failure(
        explain(error.what(), Step::kMakeNamespaces, error.error_number(), read_host_facts()));
  }
  Guest guest(std::move(init), std::move(ours));
  guest.send({InitWord::kSetUp});
  return guest;
}

void Guest::send_if_it_lives(const InitMessage& message) {
  try {
    send(message);
  } catch (const base::SystemError& error) {
    // Its end is told by the pidfd. For anything else the two would wait for each other.
    if (error.error_number() != EPIPE && error.error_number() != ECONNRESET) throw;
  }
}

}  // namespace nsrun::launcher
