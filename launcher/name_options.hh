// SPDX-License-Identifier: Apache-2.0
//
// The options that say what names mean in the guest, in Docker's manner: --dns, --dns-search,
// --dns-option and --add-host. Texts to values; nothing of the host is looked at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "rules/hosts_file.hh"
#include "rules/network_plan.hh"
#include "wire/address.hh"

namespace nsrun::launcher {

// As written.
struct NameWords {
  std::vector<std::string> servers = {};
  std::vector<std::string> search = {};
  std::vector<std::string> options = {};
  std::vector<std::string> hosts = {};
};

struct NameOptions {
  // What the helper asks, from the host's network. Empty: the servers of the host's resolv.conf.
  std::vector<wire::IpAddress> servers;
  // Absent: the host's. Empty: none.
  std::optional<std::vector<std::string>> search;
  // Empty: the host's.
  std::vector<std::string> options;
  std::vector<rules::HostName> hosts;
};

// `has_dns`: false with --no-dns, which leaves resolv.conf alone. The error names the option, the
// value and what is expected.
base::Result<NameOptions> make_name_options(const NameWords& words, bool has_dns,
                                            const rules::NetworkPlan& plan);

}  // namespace nsrun::launcher
