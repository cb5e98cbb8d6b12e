// SPDX-License-Identifier: Apache-2.0
#include "launcher/host_check.hh"

#include <fmt/format.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "launcher/control_group.hh"
#include "launcher/limits.hh"
#include "launcher/map_tool.hh"
#include "launcher/search_path.hh"
#include "launcher/systemd_scope.hh"
#include "os/sysctl.hh"
#include "os/text_file.hh"
#include "rules/text.hh"

namespace nsrun::launcher {
namespace {

std::vector<gid_t> own_groups() {
  std::vector<gid_t> groups(NGROUPS_MAX);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<size_t>(std::max(count, 0)));
  groups.push_back(::getegid());
  return groups;
}

}  // namespace

std::vector<Finding> check_namespace_settings(const HostFacts& facts) {
  std::vector<Finding> findings;
  struct Limit {
    const char* name;
    const std::optional<std::string>& value;
  };
  for (const Limit& limit : {Limit{"user.max_user_namespaces", facts.max_user_namespaces},
                             Limit{"user.max_net_namespaces", facts.max_network_namespaces},
                             Limit{"user.max_mnt_namespaces", facts.max_mount_namespaces},
                             Limit{"user.max_pid_namespaces", facts.max_pid_namespaces}}) {
    if (!limit.value) continue;
    Finding finding{Verdict::kOk, limit.name, *limit.value};
    if (*limit.value == "0") {
      finding.verdict = Verdict::kNotOk;
      finding.detail = fmt::format("0; \"sysctl -w {}=15000\" by root allows them", limit.name);
    }
    findings.push_back(std::move(finding));
  }
  if (facts.unprivileged_userns_clone) {
    const bool is_on = *facts.unprivileged_userns_clone != "0";
    findings.push_back({is_on ? Verdict::kOk : Verdict::kNotOk, "kernel.unprivileged_userns_clone",
                        is_on ? "1" : mend_for(Step::kMakeNamespaces, EPERM, facts)});
  }
  if (facts.apparmor_restriction == "1") {
    findings.push_back({Verdict::kMissing, "AppArmor", mend_for(Step::kSetUp, EPERM, facts)});
  }
  return findings;
}

Finding check_ping(const std::optional<std::string>& range, const std::vector<gid_t>& groups) {
  Finding finding{Verdict::kMissing, "ping beyond the gateway", ""};
  const auto words = rules::split_words(range ? std::string_view(*range) : "");
  if (words.size() == 2) {
    const unsigned long first = std::strtoul(std::string(words[0]).c_str(), nullptr, 10);
    const unsigned long last = std::strtoul(std::string(words[1]).c_str(), nullptr, 10);
    const bool is_in =
        std::ranges::any_of(groups, [&](gid_t group) { return first <= group && group <= last; });
    if (is_in) return {Verdict::kOk, finding.what, ""};
  }
  finding.detail =
      "the host lets none of your groups ping; \"sysctl -w net.ipv4.ping_group_range='0 "
      "2147483647'\" by root lets them";
  return finding;
}

Finding check_low_ports(const std::optional<std::string>& first) {
  const std::string start = first.value_or("1024");
  Finding finding{Verdict::kOk, "low ports of the host", ""};
  if (start == "0" || start == "1" || ::geteuid() == 0) return finding;
  finding.verdict = Verdict::kMissing;
  finding.detail = fmt::format(
      "-p takes ports from {0} on, as 8080:80; \"sysctl -w net.ipv4.ip_unprivileged_port_start=0\" "
      "by root opens those below",
      start);
  return finding;
}

Finding check_subordinate_ids(IdKind kind, const std::vector<IdRange>& ranges) {
  const char* file = subordinate_id_file(kind);
  if (!ranges.empty()) return {Verdict::kOk, file, to_text(ranges)};
  return {Verdict::kMissing, file,
          fmt::format("{}, should you want --map-auto", lack_of_subordinate_ids(kind))};
}

Finding check_map_tool(const std::string& name, const std::string& file) {
  const std::string lack = lack_of_map_tool(file);
  if (lack.empty()) return {Verdict::kOk, name, file};
  return {Verdict::kMissing, name, fmt::format("{}, should you want --map-auto", lack)};
}

Finding check_limits(const std::string& complaint_of_systemd,
                     const base::Result<std::string>& delegated) {
  constexpr Limits kAll{.memory_bytes = 1, .cpu_microseconds = 1, .processes = 1};
  Finding finding{Verdict::kOk, "limits", "systemd"};
  if (complaint_of_systemd.empty()) return finding;
  finding.verdict = Verdict::kMissing;
  if (!delegated) {
    finding.detail = fmt::format("--memory, --cpus and --pids need systemd ({}) or a cgroup: {}",
                                 complaint_of_systemd, delegated.error());
    return finding;
  }
  const std::string missing =
      missing_controllers(kAll, os::text_or_nothing(*delegated + "/cgroup.controllers"));
  if (missing.empty()) return {Verdict::kOk, finding.what, *delegated};
  finding.detail = fmt::format("{} has not been given the controllers {}", *delegated, missing);
  return finding;
}

Finding check_seccomp() {
  // Without a program: EFAULT where the kernel would take one (seccomp(2)).
  const bool has_filters =
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr, 0, 0) < 0 && errno == EFAULT;
  if (has_filters) return {Verdict::kOk, "system call filters", ""};
  return {Verdict::kNotOk, "system call filters",
          "the kernel needs CONFIG_SECCOMP_FILTER; --no-sandbox goes on without"};
}

std::vector<Finding> check_host() {
  std::vector<Finding> findings = check_namespace_settings(read_host_facts());
  findings.push_back(check_seccomp());
  findings.push_back(check_ping(os::read_sysctl("net/ipv4/ping_group_range"), own_groups()));
  findings.push_back(check_low_ports(os::read_sysctl("net/ipv4/ip_unprivileged_port_start")));
  for (const IdKind kind : {IdKind::kUser, IdKind::kGroup}) {
    findings.push_back(check_map_tool(map_tool(kind), find_program(map_tool(kind))));
    findings.push_back(check_subordinate_ids(kind, subordinate_ids(kind)));
  }
  findings.push_back(
      check_limits(complaint_of_systemd(),
                   delegated_directory(kControlGroups, os::text_or_nothing("/proc/self/cgroup"))));
  return findings;
}

}  // namespace nsrun::launcher
