// SPDX-License-Identifier: Apache-2.0
//
// Any text as a file of the host's /etc: what the guest gets is understood as it was meant, and
// names of the host's do not come through.
#include <string>

#include "bytes.hh"
#include "launcher/name_service.hh"
#include "rules/hosts_file.hh"
#include "rules/resolv_conf.hh"
#include "rules/text.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nsrun;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto plan = rules::make_network_plan(rules::kDefaultCidr, rules::kDefaultCidr6).value();

  const rules::ResolvConf conf = rules::parse_resolv_conf(text);
  NSRUN_CHECK(rules::parse_resolv_conf(rules::format_resolv_conf(conf)) == conf);
  const rules::ResolvConf guest = rules::resolv_conf_for_guest(conf, plan);
  NSRUN_CHECK(rules::parse_resolv_conf(rules::format_resolv_conf(guest)).servers == guest.servers);

  const std::string hosts = rules::hosts_file_for_guest(text, "here", plan);
  rules::for_each_line(hosts, [](std::string_view line) {
    const auto words = rules::split_words(line.substr(0, line.find('#')));
    for (size_t i = 1; i < words.size(); ++i) {
      NSRUN_CHECK(words[i] != rules::kHostAlias || words[0] == "10.0.2.2");
      NSRUN_CHECK(words[i] != "here" || words[0] == "10.0.2.100");
    }
  });
  // Ours come first and once; all else stays.
  const std::string again = rules::hosts_file_for_guest(hosts, "here", plan);
  NSRUN_CHECK(rules::hosts_file_for_guest(again, "here", plan) == again);

  const std::string nsswitch = launcher::nsswitch_for_guest(text);
  NSRUN_CHECK(launcher::nsswitch_for_guest(nsswitch) == nsswitch);
  return 0;
}
