// SPDX-License-Identifier: Apache-2.0
#include "rules/resolv_conf.hh"

#include <fmt/format.h>

#include "rules/text.hh"

namespace nsrun::rules {

ResolvConf parse_resolv_conf(std::string_view text) {
  ResolvConf conf;
  for_each_line(text, [&](std::string_view line) {
    // resolv.conf(5): the keyword must start the line; ";" or "#" there makes a comment.
    if (line.empty() || is_blank(line.front())) return;
    const std::vector<std::string_view> words = split_words(line);
    const std::string_view keyword = words.front();
    if (words.size() < 2) return;
    if (keyword == "nameserver") {
      const std::string_view server = words[1].substr(0, words[1].find('%'));
      if (const auto address = wire::IpAddress::parse(server)) conf.servers.push_back(*address);
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
  for (const wire::IpAddress& server : conf.servers) {
    text += fmt::format("nameserver {}\n", server);
  }
  if (!conf.search.empty()) text += fmt::format("search {}\n", fmt::join(conf.search, " "));
  if (!conf.options.empty()) text += fmt::format("options {}\n", fmt::join(conf.options, " "));
  return text;
}

ResolvConf resolv_conf_for_guest(const ResolvConf& host, const NetworkPlan& plan) {
  ResolvConf guest = host;
  guest.servers = {plan.dns_v4};
  if (plan.has_v6) guest.servers.push_back(plan.dns_v6);
  return guest;
}

}  // namespace nsrun::rules
