// SPDX-License-Identifier: Apache-2.0
#include "helper/target_tap.hh"

#include <string>
#include <utility>

#include "base/error.hh"
#include "helper/interface_setup.hh"
#include "os/answer_from_child.hh"
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
  // Inside, the target's root could trace us.
  os::set_non_dumpable();
  enter(namespaces);
  os::Tap tap = os::open_tap(options.tap_name);
  lengthen_queue(options.tap_name);
  if (options.configure) {
    configure_interface({options.tap_name, options.mac, options.mtu, options.plan});
  }
  return std::move(tap.fd);
}

}  // namespace

os::Tap open_target_tap(const Options& options) {
  const Namespaces namespaces = open_namespaces(options.target);
  os::Message answer = os::answer_from_child([&](base::Fd&) {
    os::Message opened;
    opened.fds.push_back(open_in_namespaces(namespaces, options));
    return opened;
  });
  return os::adopt_tap(std::move(answer.fds.front()));
}

base::Fd open_guest_user_namespace(const Target& target, base::FdView tap) {
  base::Fd named = open_target_user_namespace(target);
  return named.is_open() ? std::move(named) : os::owner_of_network(tap);
}

}  // namespace nsrun::helper
