// SPDX-License-Identifier: Apache-2.0
#include "launcher/guest.hh"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <optional>
#include <utility>

#include "base/error.hh"
#include "launcher/diagnosis.hh"
#include "launcher/guest_files.hh"
#include "launcher/identity.hh"
#include "launcher/init.hh"
#include "os/fd_passing.hh"
#include "os/id_maps.hh"
#include "os/mount.hh"

namespace nsrun::launcher {
namespace {

int namespaces_for(const Options& options) noexcept {
  int flags = CLONE_NEWUSER | CLONE_NEWNS;
  if (options.netns.empty()) flags |= CLONE_NEWNET;
  if (!options.share_pid) flags |= CLONE_NEWPID;
  if (options.new_ipc) flags |= CLONE_NEWIPC;
  if (options.new_uts) flags |= CLONE_NEWUTS;
  if (options.new_cgroup) flags |= CLONE_NEWCGROUP;
  return flags;
}

os::Child start_in_new_namespaces(const std::function<int()>& body, const Options& options,
                                  const Identity& identity) {
  std::optional<os::Child> init;
  try {
    init.emplace(os::Child::start(body, namespaces_for(options)));
  } catch (const base::SystemError& error) {
    const std::string failed = fmt::format("cannot create a user and network namespace: {}",
                                           base::error_text(error.error_number()));
    throw base::Failure(
        explain(failed, Step::kMakeNamespaces, error.error_number(), read_host_facts()));
  }
  try {
    write_maps(identity, init->pid(), os::own_ids());
  } catch (const base::SystemError& error) {
    throw base::Failure(
        explain(error.what(), Step::kMakeNamespaces, error.error_number(), read_host_facts()));
  }
  return std::move(*init);
}

// All but the network's. They are below the user namespace that owns that one, whose ids the maps
// are from.
os::Child start_in_network_of(const JoinTarget& target, const std::function<int()>& body,
                              const Options& options, const os::Ids& inside) {
  const auto enter = [&] {
    target.enter();
    if (!os::knows_own_ids()) {
      throw base::Failure(
          "no command can run there: the user namespace that owns the network does not know your "
          "ids (\"unshare -Urn\" maps them)");
    }
    // Before the user namespace of init is made, which has no rights over the network.
    os::enter_new_mount_namespace();
    mount_sys();
  };
  const auto finish = [&](pid_t pid) {
    os::write_id_maps(std::to_string(pid), os::own_ids(), inside);
  };
  return os::Child::start_elsewhere(enter, body, namespaces_for(options), finish);
}

}  // namespace

Guest Guest::start(const Options& options, const CallerState& caller, os::PassedSockets& sockets,
                   const JoinTarget* target, Background& background) {
  auto [ours, theirs] = os::make_seqpacket_pair();
  const base::Fd launcher = os::open_pidfd(::getpid());
  const Identity identity = identity_for(options, os::own_ids());
  const InitTask task{.channel = theirs,
                      .launcher = launcher,
                      .options = options,
                      .inside = identity.inside,
                      .caller = caller,
                      .background = background};
  const auto body = [&, &our_end = ours] {
    // Else init would keep its own channel open, and never learn of our end.
    our_end.close();
    sockets.close_all();
    return run_init(task);
  };
  os::Child init = target == nullptr ? start_in_new_namespaces(body, options, identity)
                                     : start_in_network_of(*target, body, options, identity.inside);
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
