// SPDX-License-Identifier: Apache-2.0
//
// What the host's settings, files and tools say about how netns-run will fare. Nothing is tried
// here (see guest_check.hh); texts to findings, so that each can be tested.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "launcher/diagnosis.hh"
#include "launcher/finding.hh"
#include "launcher/subordinate_ids.hh"

namespace nsrun::launcher {

// user.max_*_namespaces, kernel.unprivileged_userns_clone. AppArmor's restriction alone is only
// reported: a profile may lift it, which shows when it is tried.
std::vector<Finding> check_namespace_settings(const HostFacts& facts);
// net.ipv4.ping_group_range; without it the host pings for nobody.
Finding check_ping(const std::optional<std::string>& range, const std::vector<gid_t>& groups);
// net.ipv4.ip_unprivileged_port_start.
Finding check_low_ports(const std::optional<std::string>& first);
Finding check_subordinate_ids(IdKind kind, const std::vector<IdRange>& ranges);
// newuidmap or newgidmap; `file` as found in PATH, "" when it is not.
Finding check_map_tool(const std::string& name, const std::string& file);
// Who could limit a command: systemd, without a complaint, or a control group.
Finding check_limits(const std::string& complaint_of_systemd,
                     const base::Result<std::string>& delegated);
Finding check_seccomp();

// All of them, for this process.
std::vector<Finding> check_host();

}  // namespace nsrun::launcher
