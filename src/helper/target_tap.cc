// SPDX-License-Identifier: Apache-2.0
#include "helper/target_tap.hh"

#include <optional>
#include <string>
#include <utility>

#include "base/error.hh"
#include "helper/interface_setup.hh"
#include "os/fd_passing.hh"
#include "os/namespace.hh"
#include "os/process.hh"

namespace nsrun::helper {
namespace {

using os::NamespaceKind;

struct Namespaces {
  base::Fd user;  // empty: the current one is right
  base::Fd network;
};

// Empty when it is the current one, or unknown.
base::Fd open_target_user_namespace(const Target& target) {
  if (const auto* process = std::get_if<TargetProcess>(&target)) {
    return os::open_namespace(os::namespace_path(process->pid, NamespaceKind::kUser));
  }
  const auto* path = std::get_if<TargetPath>(&target);
  if (path == nullptr || path->user.empty()) return {};
  return os::open_namespace(path->user);
}

Namespaces open_namespaces(const Target& target) {
  const auto* process = std::get_if<TargetProcess>(&target);
  const std::string network = process == nullptr
                                  ? std::get<TargetPath>(target).network
                                  : os::namespace_path(process->pid, NamespaceKind::kNetwork);
  return {open_target_user_namespace(target), os::open_namespace(network)};
}

void enter(const Namespaces& namespaces) {
  if (namespaces.user.is_open()) {
    os::enter_user_and_network(namespaces.user, namespaces.network);
    return;
  }
  try {
    os::enter_namespace(namespaces.network, NamespaceKind::kNetwork);
  } catch (const base::SystemError& error) {
    if (error.error_number() != EPERM) throw;
    throw base::Failure(std::string(error.what()) +
                        " (it belongs to another user namespace: --userns-path names that)");
  }
}

base::Fd open_in_namespaces(const Namespaces& namespaces, const Options& options) {
  enter(namespaces);
  os::Tap tap = os::open_tap(options.tap_name);
  lengthen_queue(options.tap_name);
  if (options.configure) {
    configure_interface({options.tap_name, options.mac, options.mtu, options.plan});
  }
  return std::move(tap.fd);
}

// The child's body: sends the device, or why there is none.
int send_tap(base::FdView socket, const Namespaces& namespaces, const Options& options) {
  // Inside, the target's root could trace us.
  os::set_non_dumpable();
  std::string reason;
  try {
    const base::Fd tap = open_in_namespaces(namespaces, options);
    const base::FdView passed[] = {tap};
    os::send_message(socket, base::bytes_of('\0'), passed);
    return 0;
  } catch (const std::exception& error) {
    reason = error.what();
  }
  os::send_message(socket, std::as_bytes(std::span(reason)));
  return 1;
}

}  // namespace

os::Tap open_target_tap(const Options& options) {
  const Namespaces namespaces = open_namespaces(options.target);
  auto [ours, theirs] = os::make_seqpacket_pair();
  os::Child child =
      os::Child::start([&, &socket = theirs] { return send_tap(socket, namespaces, options); });
  theirs.close();
  std::optional<os::Message> message = os::receive_message(ours);
  child.wait();
  if (!message) throw base::Failure("the process that opens the TAP device ended unexpectedly");
  if (message->fds.empty()) {
    throw base::Failure(
        std::string(reinterpret_cast<const char*>(message->bytes.data()), message->bytes.size()));
  }
  return os::adopt_tap(std::move(message->fds.front()));
}

base::Fd open_guest_user_namespace(const Target& target, base::FdView tap) {
  base::Fd named = open_target_user_namespace(target);
  return named.is_open() ? std::move(named) : os::owner_of_network(tap);
}

}  // namespace nsrun::helper
