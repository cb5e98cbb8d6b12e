// SPDX-License-Identifier: Apache-2.0
#include "sandbox/own_namespaces.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hh"
#include "base/log.hh"
#include "os/fd_passing.hh"
#include "os/id_maps.hh"
#include "os/mount.hh"
#include "os/namespace.hh"
#include "os/process.hh"
#include "sandbox/capabilities.hh"

namespace nsrun::sandbox {
namespace {

// Whose rights the mount namespace is made with.
enum class UserNamespace { kOwn, kCurrent, kGuests };

constexpr std::string_view words_of(UserNamespace user) {
  switch (user) {
    case UserNamespace::kOwn:
      return "in a user namespace of its own";
    case UserNamespace::kCurrent:
      return "with the rights that it has";
    case UserNamespace::kGuests:
      return "in the guest's user namespace";
  }
  return "";
}

// What a child made. No descriptors: it could not, and `complaint` says why. With them a complaint
// says that nothing can be mounted there.
struct Attempt {
  std::vector<base::Fd> namespaces;  // in the order in which they are to be entered
  std::string complaint;

  bool is_whole() const noexcept { return !namespaces.empty() && complaint.empty(); }
};

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

void enter_user_namespace(UserNamespace which, base::FdView guests) {
  if (which == UserNamespace::kOwn) {
    const os::Ids ids = os::own_ids();
    base::check("make a user namespace", unshare(CLONE_NEWUSER));
    os::write_id_maps("self", ids, ids);
  } else if (which == UserNamespace::kGuests) {
    os::set_non_dumpable();  // from here on the guest's root could trace us
    os::enter_namespace(guests, os::NamespaceKind::kUser);
    os::set_non_dumpable();  // with fs.suid_dumpable=1 new credentials undo it
  }
}

std::vector<base::Fd> make_namespaces(UserNamespace which, base::FdView guests) {
  enter_user_namespace(which, guests);
  make_own_namespaces_but_user();
  std::vector<base::Fd> made;
  if (which == UserNamespace::kOwn) made.push_back(os::open_namespace("/proc/self/ns/user"));
  for (const char* path : {"/proc/self/ns/mnt", "/proc/self/ns/ipc", "/proc/self/ns/uts"}) {
    made.push_back(os::open_namespace(path));
  }
  return made;
}

// Security modules let a user namespace be made and then forbid mounting (AppArmor on Ubuntu, the
// profile of Docker's containers).
std::string complaint_about_mounting() try {
  os::stop_mounts_from_leaving();
  return "";
} catch (const base::SystemError& error) {
  return error.what();
}

// The child's body.
int make_and_send(base::FdView socket, UserNamespace which, base::FdView guests) {
  std::string complaint;
  std::vector<base::Fd> made;
  try {
    made = make_namespaces(which, guests);
    complaint = complaint_about_mounting();
  } catch (const base::SystemError& error) {
    complaint = error.what();
  }
  const std::vector<base::FdView> passed(made.begin(), made.end());
  complaint.push_back('\0');  // an empty message would be the end
  os::send_message(socket, std::as_bytes(std::span(complaint)), passed);
  return 0;
}

Attempt attempt(UserNamespace which, base::FdView guests) try {
  auto [ours, theirs] = os::make_seqpacket_pair();
  os::Child child =
      os::Child::start([&, &socket = theirs] { return make_and_send(socket, which, guests); });
  theirs.close();
  std::optional<os::Message> message = os::receive_message(ours);
  child.wait();
  if (!message) return {.namespaces = {}, .complaint = "the child that tries it ended"};
  return {.namespaces = std::move(message->fds),
          .complaint = std::string(reinterpret_cast<const char*>(message->bytes.data()))};
} catch (const base::SystemError& error) {
  return {.namespaces = {}, .complaint = error.what()};
}

void enter(const Attempt& made, UserNamespace which, base::FdView guests) {
  NSRUN_CHECK(!made.namespaces.empty());  // what is mounted next would be everybody's
  // Entering a mount namespace takes more rights than making one; here they may be few.
  if (which == UserNamespace::kCurrent) return make_own_namespaces_but_user();
  if (which == UserNamespace::kGuests) enter_user_namespace(which, guests);
  for (const base::Fd& each : made.namespaces) {
    base::check("enter a namespace of its own", setns(each.number(), 0));
  }
}

// From the strictest on.
std::vector<UserNamespace> ways(base::FdView guests) {
  std::vector<UserNamespace> list{UserNamespace::kOwn, UserNamespace::kCurrent};
  if (may_bind_low_ports()) std::swap(list[0], list[1]);
  if (guests.is_open()) list.push_back(UserNamespace::kGuests);
  return list;
}

}  // namespace

void make_own_namespaces_but_user() {
  base::check("make mount, IPC and UTS namespaces",
              unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS));
}

void enter_own_namespaces(base::FdView guest_user_namespace) {
  std::string complaints;
  std::optional<std::pair<UserNamespace, Attempt>> best;
  for (const UserNamespace which : ways(guest_user_namespace)) {
    Attempt made = attempt(which, guest_user_namespace);
    if (!made.complaint.empty()) {
      complaints +=
          fmt::format("{}{}: {}", complaints.empty() ? "" : "; ", words_of(which), made.complaint);
    }
    const bool is_whole = made.is_whole();
    if (is_whole || (!made.namespaces.empty() && !best)) best.emplace(which, std::move(made));
    if (is_whole) break;
  }
  if (!best) throw base::Failure(complaints);
  base::log::debug("namespaces made {}{}{}", words_of(best->first),
                   complaints.empty() ? "" : "; not ", complaints);
  enter(best->second, best->first, guest_user_namespace);
}

}  // namespace nsrun::sandbox
