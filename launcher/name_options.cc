// SPDX-License-Identifier: Apache-2.0
#include "launcher/name_options.hh"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace nsrun::launcher {
namespace {

// Docker's words for the gateway's address and for "no search domain".
constexpr std::string_view kHostGateway = "host-gateway";
constexpr std::string_view kNoDomain = ".";

base::Error complaint(std::string_view option, std::string_view value, std::string_view expected) {
  return base::Error{fmt::format("{} \"{}\": expected {}", option, value, expected)};
}

// What stays one word in the files of /etc, and is no comment there.
bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, [](char letter) {
    const bool is_control = static_cast<unsigned char>(letter) < 32 || letter == 127;
    return is_control || letter == ' ' || letter == '#' || letter == ';';
  });
}

std::optional<wire::IpAddress> parse_address(std::string_view text) {
  if (text.size() > 2 && text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
  }
  return wire::IpAddress::parse(text);
}

// NAME:ADDRESS or NAME=ADDRESS.
std::optional<rules::HostName> parse_host(std::string_view text, const rules::NetworkPlan& plan) {
  const size_t end = text.find_first_of("=:");
  if (end == std::string_view::npos || !is_word(text.substr(0, end))) return std::nullopt;
  const std::string_view target = text.substr(end + 1);
  const auto address = target == kHostGateway ? plan.gateway_v4 : parse_address(target);
  if (!address) return std::nullopt;
  return rules::HostName{std::string(text.substr(0, end)), *address};
}

std::optional<base::Error> given_without_dns(const NameWords& words) {
  struct List {
    std::string_view option;
    const std::vector<std::string>& values;
  };
  for (const List& list : {List{"--dns", words.servers}, List{"--dns-search", words.search},
                           List{"--dns-option", words.options}}) {
    if (list.values.empty()) continue;
    return complaint(list.option, list.values.front(),
                     "no --no-dns, which keeps the host's resolv.conf");
  }
  return std::nullopt;
}

}  // namespace

base::Result<NameOptions> make_name_options(const NameWords& words, bool has_dns,
                                            const rules::NetworkPlan& plan) {
  NameOptions names;
  for (const std::string& text : words.servers) {
    const auto server = parse_address(text);
    if (!server) return complaint("--dns", text, "the IP address of a name server");
    names.servers.push_back(*server);
  }
  for (const std::string& text : words.search) {
    if (!is_word(text)) return complaint("--dns-search", text, "a domain, or \".\" for none");
    if (!names.search) names.search.emplace();
    if (text != kNoDomain) names.search->push_back(text);
  }
  for (const std::string& text : words.options) {
    if (!is_word(text)) return complaint("--dns-option", text, "an option of resolv.conf(5)");
    names.options.push_back(text);
  }
  for (const std::string& text : words.hosts) {
    const auto host = parse_host(text, plan);
    if (!host) return complaint("--add-host", text, "name:address or name:host-gateway");
    names.hosts.push_back(*host);
  }
  if (auto error = has_dns ? std::nullopt : given_without_dns(words)) return std::move(*error);
  return names;
}

}  // namespace nsrun::launcher
