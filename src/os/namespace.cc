// SPDX-License-Identifier: Apache-2.0
#include "os/namespace.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/error.hh"

namespace nsrun::os {
namespace {

struct KindFacts {
  const char* file;  // below /proc/<pid>/ns
  const char* words;
  int flag;
};

KindFacts facts_of(NamespaceKind kind) noexcept {
  switch (kind) {
    case NamespaceKind::kUser:
      return {"user", "user namespace", CLONE_NEWUSER};
    case NamespaceKind::kNetwork:
      return {"net", "network namespace", CLONE_NEWNET};
    case NamespaceKind::kMount:
      return {"mnt", "mount namespace", CLONE_NEWNS};
    case NamespaceKind::kIpc:
      return {"ipc", "IPC namespace", CLONE_NEWIPC};
    case NamespaceKind::kUts:
      return {"uts", "UTS namespace", CLONE_NEWUTS};
    case NamespaceKind::kCgroup:
      return {"cgroup", "cgroup namespace", CLONE_NEWCGROUP};
    case NamespaceKind::kPid:
      break;
  }
  return {"pid", "PID namespace", CLONE_NEWPID};
}

}  // namespace

std::string namespace_path(pid_t pid, NamespaceKind kind) {
  return fmt::format("/proc/{}/ns/{}", pid, facts_of(kind).file);
}

std::string own_namespace_path(NamespaceKind kind) {
  return fmt::format("/proc/self/ns/{}", facts_of(kind).file);
}

base::Fd open_namespace(const std::string& path) {
  return base::Fd(base::check(fmt::format("open the namespace {}", path),
                              ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)));
}

bool is_namespace(base::FdView target, NamespaceKind kind) noexcept {
  return ::ioctl(target.number(), NS_GET_NSTYPE) == facts_of(kind).flag;
}

bool is_own_namespace(base::FdView target, NamespaceKind kind) noexcept {
  struct stat theirs {};
  struct stat ours {};
  const std::string own = fmt::format("/proc/self/ns/{}", facts_of(kind).file);
  if (::fstat(target.number(), &theirs) < 0 || ::stat(own.c_str(), &ours) < 0) return false;
  return theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

base::Fd owner_of_namespace(base::FdView target) {
  return base::Fd(
      base::check("find the owner of a namespace", ::ioctl(target.number(), NS_GET_USERNS)));
}

uid_t maker_of_namespace(base::FdView target) {
  uid_t uid = 0;
  base::check("find the maker of a namespace", ::ioctl(target.number(), NS_GET_OWNER_UID, &uid));
  return uid;
}

void enter_namespace(base::FdView target, NamespaceKind kind) {
  const KindFacts facts = facts_of(kind);
  if (is_own_namespace(target, kind)) return;
  base::check(fmt::format("enter the {}", facts.words), ::setns(target.number(), facts.flag));
}

void enter_user_and_network(base::FdView user, base::FdView network) {
  enter_namespace(user, NamespaceKind::kUser);
  enter_namespace(network, NamespaceKind::kNetwork);
}

}  // namespace nsrun::os
