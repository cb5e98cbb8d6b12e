// SPDX-License-Identifier: Apache-2.0
#include "launcher/diagnosis.hh"

#include <fmt/format.h>

#include <cerrno>

#include "os/sysctl.hh"

namespace nsrun::launcher {
namespace {

constexpr const char* kAppArmorMend =
    "AppArmor restricts unprivileged user namespaces; its profile \"netns-run\" lifts that for "
    "this program (build option apparmor, then \"apparmor_parser -r /etc/apparmor.d/netns-run\" "
    "by root), \"sysctl -w kernel.apparmor_restrict_unprivileged_userns=0\" for all";

bool is_restricted_by_apparmor(const HostFacts& facts) { return facts.apparmor_restriction == "1"; }

std::string mend_forbidden(const HostFacts& facts) {
  if (facts.unprivileged_userns_clone == "0") {
    return "user namespaces are off for unprivileged users; "
           "\"sysctl -w kernel.unprivileged_userns_clone=1\" by root turns them on";
  }
  if (is_restricted_by_apparmor(facts)) return kAppArmorMend;
  return "something around this process forbids namespaces: the seccomp filter of a container "
         "(\"--security-opt seccomp=unconfined\" lifts it), a chroot, or a sandbox";
}

std::string mend_limit(const HostFacts& facts) {
  struct Limit {
    const char* name;
    const std::optional<std::string>& value;
  };
  const Limit limits[] = {{"user.max_user_namespaces", facts.max_user_namespaces},
                          {"user.max_net_namespaces", facts.max_network_namespaces},
                          {"user.max_mnt_namespaces", facts.max_mount_namespaces},
                          {"user.max_pid_namespaces", facts.max_pid_namespaces}};
  for (const Limit& limit : limits) {
    if (limit.value == "0") {
      return fmt::format("{0} is 0; \"sysctl -w {0}=15000\" by root allows namespaces", limit.name);
    }
  }
  return "a limit of namespaces is reached: sysctl user.max_*_namespaces, here or further out, or "
         "32 nested user namespaces";
}

std::string mend_resources(int error_number) {
  switch (error_number) {
    case EMFILE:
      return "this process may open no more files; \"ulimit -n\" raises its limit";
    case ENFILE:
      return "the host has too many open files; \"sysctl -w fs.file-max=...\" by root raises the "
             "limit";
    case EAGAIN:
      return "the limit of processes is reached; \"ulimit -u\" or the pids limit of the cgroup";
    case ENOMEM:
      return "out of memory, or the memory limit of the cgroup is reached";
    default:
      return "";
  }
}

}  // namespace

HostFacts read_host_facts() {
  return HostFacts{
      .max_user_namespaces = os::read_sysctl("user/max_user_namespaces"),
      .max_network_namespaces = os::read_sysctl("user/max_net_namespaces"),
      .max_mount_namespaces = os::read_sysctl("user/max_mnt_namespaces"),
      .max_pid_namespaces = os::read_sysctl("user/max_pid_namespaces"),
      .unprivileged_userns_clone = os::read_sysctl("kernel/unprivileged_userns_clone"),
      .apparmor_restriction = os::read_sysctl("kernel/apparmor_restrict_unprivileged_userns")};
}

std::string mend_for(Step step, int error_number, const HostFacts& facts) {
  const bool is_forbidden = error_number == EPERM || error_number == EACCES;
  if (step == Step::kSetUp) {
    // The namespaces exist, but AppArmor took the capabilities that come with them.
    if (is_forbidden && is_restricted_by_apparmor(facts)) return kAppArmorMend;
    return mend_resources(error_number);
  }
  if (is_forbidden) return mend_forbidden(facts);
  if (error_number == ENOSPC || error_number == EUSERS) return mend_limit(facts);
  if (error_number == EINVAL) {
    return "the kernel lacks user, network, mount or PID namespaces; it needs CONFIG_USER_NS, "
           "CONFIG_NET_NS and CONFIG_PID_NS";
  }
  return mend_resources(error_number);
}

std::string explain(std::string_view failed, Step step, int error_number, const HostFacts& facts) {
  const std::string mend = mend_for(step, error_number, facts);
  return mend.empty() ? std::string(failed) : fmt::format("{} ({})", failed, mend);
}

}  // namespace nsrun::launcher
