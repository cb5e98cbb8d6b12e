// SPDX-License-Identifier: Apache-2.0
#include "rules/resolv_conf.hh"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "rules/text.hh"

namespace nsrun::rules {
namespace {

std::optional<NameServer> parse_server(std::string_view text) {
  const size_t percent = text.find('%');
  const auto address = wire::IpAddress::parse(text.substr(0, percent));
  if (!address) return std::nullopt;
  if (percent == std::string_view::npos) return NameServer{*address};
  return NameServer{*address, std::string(text.substr(percent + 1))};
}

std::optional<uint32_t> parse_index(std::string_view text, int base) {
  uint32_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return index;
}

}  // namespace

ResolvConf parse_resolv_conf(std::string_view text) {
  ResolvConf conf;
  for_each_line(text, [&](std::string_view line) {
    // resolv.conf(5): the keyword must start the line; ";" or "#" there makes a comment.
    if (line.empty() || is_blank(line.front())) return;
    const std::vector<std::string_view> words = split_words(line);
    const std::string_view keyword = words.front();
    if (words.size() < 2) return;
    if (keyword == "nameserver") {
      if (auto server = parse_server(words[1])) conf.servers.push_back(std::move(*server));
    } else if (keyword == "search") {
      conf.search.assign(words.begin() + 1, words.end());
    } else if (keyword == "domain") {
      conf.search.assign({std::string(words[1])});
    } else if (keyword == "options") {
      conf.options.insert(conf.options.end(), words.begin() + 1, words.end());
    }
  });
  return conf;
}

std::string format_resolv_conf(const ResolvConf& conf) {
  std::string text;
  for (const NameServer& server : conf.servers) {
    text += fmt::format("nameserver {}{}{}\n", server.address, server.zone.empty() ? "" : "%",
                        server.zone);
  }
  if (!conf.search.empty()) text += fmt::format("search {}\n", fmt::join(conf.search, " "));
  if (!conf.options.empty()) text += fmt::format("options {}\n", fmt::join(conf.options, " "));
  return text;
}

uint32_t interface_of_zone(std::string_view zone, std::string_view if_inet6) {
  if (zone.empty()) return 0;
  if (const auto index = parse_index(zone, 10)) return *index;
  uint32_t found = 0;
  for_each_line(if_inet6, [&](std::string_view line) {
    // Address, index (hexadecimal), prefix length, scope, flags, name.
    const std::vector<std::string_view> words = split_words(line);
    if (words.size() == 6 && words[5] == zone) found = parse_index(words[1], 16).value_or(0);
  });
  return found;
}

ResolvConf resolv_conf_for_guest(const ResolvConf& host, const NetworkPlan& plan) {
  ResolvConf guest = host;
  guest.servers = {{plan.dns_v4}};
  if (plan.has_v6) guest.servers.push_back({plan.dns_v6});
  return guest;
}

}  // namespace nsrun::rules
