// SPDX-License-Identifier: Apache-2.0
#include "launcher/option_values.hh"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <climits>
#include <utility>

#include "base/unix_address.hh"
#include "launcher/id_map.hh"
#include "nsrun/instance.hh"
#include "rules/host_port.hh"
#include "rules/interface.hh"

namespace nsrun::launcher {
namespace {

constexpr unsigned kFewestProcesses = 2;  // init and the command

std::optional<unsigned> parse_number(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "a,,b" has an empty one in the middle.
std::vector<std::string_view> split_at_commas(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

bool is_all(std::string_view name) {
  return name.size() == 3 && ::strncasecmp(name.data(), "all", 3) == 0;
}

}  // namespace

void ValueChecks::complain(std::string_view option, std::string_view value,
                           std::string_view expected) {
  if (complaint_) return;
  complaint_ = fmt::format("{} \"{}\": {}", option, value, expected);
}

void ValueChecks::publish(const std::vector<std::string>& texts,
                          std::vector<rules::PortRule>& rules,
                          std::vector<rules::AutoRule>& automatic,
                          std::vector<rules::UnixRule>& sockets) {
  for (const std::string& text : texts) {
    const auto error = rules::read_publish_rule(text, rules, automatic, sockets);
    if (error && !complaint_) complaint_ = fmt::format("--publish: {}", error->message);
  }
}

void ValueChecks::host_ports(const std::vector<std::string>& texts,
                             std::vector<rules::PortRule>& rules,
                             std::vector<rules::UnixRule>& sockets) {
  for (const std::string& text : texts) {
    const auto error = rules::read_host_rule(text, rules, sockets);
    if (error && !complaint_) complaint_ = fmt::format("--host-port: {}", error->message);
  }
}

void ValueChecks::listen(const std::vector<std::string>& texts,
                         std::vector<rules::ListenRule>& rules) {
  for (const std::string& text : texts) {
    const auto rule = rules::parse_listen_rule(text);
    if (!rule) {
      if (!complaint_) complaint_ = fmt::format("--listen-fd {}", rule.error());
    } else if (std::ranges::count(rules, rule->number, &rules::ListenRule::number) != 0) {
      complain("--listen-fd", text, "the descriptor is named twice");
    } else {
      rules.push_back(*rule);
    }
  }
}

void ValueChecks::network(const std::string& cidr, const std::string& cidr6, bool without_v6,
                          rules::NetworkPlan& plan) {
  if (cidr6.empty() && !without_v6) {
    complain("--cidr6", cidr6, "expected an IPv6 network, or --no-ipv6");
  }
  auto made = rules::make_network_plan(cidr, cidr6);
  if (made) {
    plan = *made;
  } else if (!complaint_) {
    // An IPv4 network that is fine by itself leaves only the other one to blame.
    const bool is_v4_fine = rules::make_network_plan(cidr, "").ok();
    complaint_ = fmt::format("{}: {}", is_v4_fine ? "--cidr6" : "--cidr", made.error());
  }
}

void ValueChecks::names(const NameWords& words, bool has_dns, const rules::NetworkPlan& plan,
                        NameOptions& names) {
  auto made = make_name_options(words, has_dns, plan);
  if (made) {
    names = std::move(*made);
  } else if (!complaint_) {
    complaint_ = made.error();
  }
}

void ValueChecks::mtu(const OptionText& text, bool has_v6, unsigned& mtu) {
  if (!text) return;
  const auto number = parse_number(*text);
  if (!number || *number < rules::kMinMtuV4 || *number > rules::kMaxMtu) {
    complain("--mtu", *text,
             fmt::format("expected a number from {} to {}", rules::kMinMtuV4, rules::kMaxMtu));
  } else if (has_v6 && *number < rules::kMinMtuV6) {
    complain("--mtu", *text,
             fmt::format("IPv6 needs at least {}; expected that, or --no-ipv6", rules::kMinMtuV6));
  } else {
    mtu = *number;
  }
}

void ValueChecks::interface_name(const OptionText& text, std::string& name) {
  if (!text) return;
  if (!rules::is_interface_name(*text) || *text == "lo") {
    complain(
        "--ifname", *text,
        "expected 1-15 printable characters other than blank, slash, colon and percent, and not "
        "lo, all or default");
    return;
  }
  name = *text;
}

void ValueChecks::mac(const OptionText& text, std::optional<wire::MacAddress>& mac) {
  if (!text) return;
  const auto parsed = wire::MacAddress::parse(*text);
  if (!parsed || parsed->is_multicast() || *parsed == wire::MacAddress{}) {
    complain("--mac", *text, "expected a unicast MAC address like 52:54:00:12:34:56");
    return;
  }
  mac = *parsed;
}

void ValueChecks::outbound(std::string_view option, const OptionText& text, bool is_v4,
                           std::string& outbound) {
  if (!text) return;
  const auto address = wire::IpAddress::parse(*text);
  if (address ? address->is_v4() == is_v4 : rules::is_interface_name(*text)) {
    outbound = *text;
    return;
  }
  complain(option, *text,
           is_v4 ? "expected an IPv4 address of the host, or an interface's name"
                 : "expected an IPv6 address of the host, or an interface's name");
}

void ValueChecks::tcp_engine(const OptionText& text, std::string& engine) {
  if (!text) return;
  if (*text != "accelerated" && *text != "libslirp") {
    complain("--tcp-engine", *text, "expected accelerated or libslirp");
    return;
  }
  engine = *text;
}

void ValueChecks::api_socket(const OptionText& text, std::string& path) {
  if (!text) return;
  if (text->empty() || text->size() > base::UnixAddress::kMaxPathBytes) {
    complain("--api-socket", *text,
             fmt::format("expected a path of 1-{} bytes", base::UnixAddress::kMaxPathBytes));
    return;
  }
  path = *text;
}

void ValueChecks::name(const OptionText& text, std::string& name) {
  if (!text) return;
  if (!is_instance_name(*text)) {
    complain("--name", *text, fmt::format("expected {}", kInstanceNames));
    return;
  }
  name = *text;
}

void ValueChecks::netns(const OptionText& text, std::string& netns) {
  if (!text) return;
  if (text->empty()) {
    return complain("--netns", *text, "expected a process id, a path, or a name of ip-netns(8)");
  }
  netns = *text;
}

void ValueChecks::limits(const OptionText& memory, const OptionText& cpus, const OptionText& pids,
                         Limits& limits) {
  if (memory) {
    limits.memory_bytes = parse_memory(*memory);
    if (!limits.memory_bytes) complain("--memory", *memory, "expected a size like 512m or 1.5g");
  }
  if (cpus) {
    limits.cpu_microseconds = parse_cpus(*cpus);
    if (!limits.cpu_microseconds) {
      complain("--cpus", *cpus, "expected a number of processors of at least 0.01, like 1.5");
    }
  }
  if (pids) {
    const auto number = parse_number(*pids);
    if (number && *number >= kFewestProcesses) {
      limits.processes = *number;
    } else {
      complain("--pids", *pids, "expected at least 2, as the init of the command counts, too");
    }
  }
}

void ValueChecks::host_name(const OptionText& text, std::string& name) {
  if (!text) return;
  const bool is_good =
      !text->empty() && text->size() <= HOST_NAME_MAX && text->front() != '-' &&
      std::ranges::all_of(*text, [](unsigned char letter) {
        return (letter < 128 && std::isalnum(letter) != 0) || letter == '-' || letter == '.';
      });
  if (!is_good) {
    return complain("--hostname", *text,
                    fmt::format("expected 1-{} letters, digits, \"-\" and \".\"", HOST_NAME_MAX));
  }
  name = *text;
}

void ValueChecks::choice(std::string_view option, const OptionText& text, std::string_view if_false,
                         std::string_view if_true, bool& value) {
  if (!text) return;
  if (*text != if_false && *text != if_true) {
    return complain(option, *text, fmt::format("expected {} or {}", if_true, if_false));
  }
  value = *text == if_true;
}

void ValueChecks::id_map(std::string_view option, const std::vector<std::string>& texts,
                         os::IdMap& map) {
  for (const std::string& text : texts) {
    const auto ids = parse_mapped_ids(text);
    if (!ids) return complain(option, text, ids.error());
    if (std::ranges::any_of(map, [&](const auto& other) { return overlap(*ids, other); })) {
      return complain(option, text, "it overlaps an earlier one");
    }
    map.push_back(*ids);
  }
}

ValueChecks::NamedCapabilities ValueChecks::named_capabilities(
    std::string_view option, const std::vector<std::string>& texts) {
  NamedCapabilities named;
  for (const std::string& text : texts) {
    for (const std::string_view name : split_at_commas(text)) {
      const auto single = sandbox::capability_named(name);
      if (is_all(name)) {
        named.has_all = true;
      } else if (single) {
        named.single |= *single;
      } else {
        complain(option, name, "expected the name of a capability, as NET_ADMIN, or ALL");
      }
    }
  }
  return named;
}

sandbox::CapabilitySet ValueChecks::capabilities(const std::vector<std::string>& added,
                                                 const std::vector<std::string>& dropped,
                                                 bool has_rights) {
  const NamedCapabilities add = named_capabilities("--cap-add", added);
  const NamedCapabilities drop = named_capabilities("--cap-drop", dropped);
  if (!has_rights) {
    constexpr std::string_view kNeedsMap =
        "expected --map-root or another map as well: without one the command has no capabilities";
    if (!added.empty()) complain("--cap-add", added.front(), kNeedsMap);
    if (!dropped.empty()) complain("--cap-drop", dropped.front(), kNeedsMap);
    return sandbox::kNoCapabilities;
  }
  if (add.has_all) return sandbox::kAllCapabilities & ~drop.single;
  if (drop.has_all) return add.single;
  return (sandbox::kAllCapabilities & ~drop.single) | add.single;
}

}  // namespace nsrun::launcher
