// SPDX-License-Identifier: Apache-2.0
#include "sandbox/own_namespaces.hh"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.hh"
#include "os/id_maps.hh"
#include "os/namespace.hh"
#include "os/process.hh"
#include "sandbox/capabilities.hh"

namespace nsrun::sandbox {
namespace {

constexpr int kWithoutUser = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;

bool is_same_file(base::FdView one, base::FdView other) {
  struct stat a {};
  struct stat b {};
  return fstat(one.number(), &a) == 0 && fstat(other.number(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

// The host's root: CAP_NET_BIND_SERVICE counts in the network that our user namespace owns, and
// would be lost in a new one.
bool may_bind_low_ports() try {
  if (!holds_capability(CAP_NET_BIND_SERVICE)) return false;
  const base::Fd user = os::open_namespace("/proc/self/ns/user");
  const base::Fd network = os::open_namespace("/proc/self/ns/net");
  const base::Fd owner(ioctl(network.number(), NS_GET_USERNS));
  return owner.is_open() && is_same_file(owner, user);
} catch (const base::SystemError&) {
  return true;  // without /proc nothing can be known: keep what is held
}

bool enter_new_user_namespace() {
  const os::Ids ids = os::own_ids();
  if (unshare(CLONE_NEWUSER | kWithoutUser) != 0) return false;
  os::write_id_maps("self", ids, ids);
  return true;
}

}  // namespace

void enter_own_namespaces(base::FdView guest_user_namespace) {
  if (!may_bind_low_ports() && enter_new_user_namespace()) return;
  if (unshare(kWithoutUser) == 0) return;
  const int reason = errno;
  if (!guest_user_namespace.is_open()) base::throw_errno("make a mount namespace", reason);
  os::enter_namespace(guest_user_namespace, os::NamespaceKind::kUser);
  os::set_non_dumpable();  // from here on the guest's root could trace us
  base::check("make a mount namespace", unshare(kWithoutUser));
}

}  // namespace nsrun::sandbox
