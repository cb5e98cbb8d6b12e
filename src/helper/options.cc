// SPDX-License-Identifier: Apache-2.0
//
// CLI11 splits argv into options and the rest; the values are checked here, in our words.
#include "helper/options.hh"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "helper/option_values.hh"
#include "nsrun/refused_options.hh"

namespace nsrun::helper {
namespace {

// As written, before any value is looked at.
struct Words {
  bool help = false;
  bool version = false;
  bool configure = false;
  bool enable_ipv6 = false;
  bool disable_ipv6 = false;
  bool disable_host_loopback = false;
  bool no_host_loopback = false;
  bool deny_link_local = false;
  bool disable_dns = false;
  bool enable_sandbox = false;
  bool create_sandbox = false;
  bool enable_seccomp = false;
  bool no_sandbox = false;
  bool verbose = false;
  bool quiet = false;
  std::string exit_fd;
  std::string ready_fd;
  std::string launcher_fd;
  std::string instance;
  std::string mtu;
  std::string cidr{rules::kDefaultCidr};
  std::string cidr6;
  std::string netns_type = "pid";
  std::string userns_path;
  std::string mac;
  std::string target_type = "netns";
  std::string tcp_engine;
  std::vector<std::string> publish;
  std::vector<std::string> host_ports;
  std::vector<std::string> listen;
  std::vector<std::string> dns_servers;
  std::optional<std::string> api_socket;
  std::vector<std::string> positional;  // PID|PATH [TAPNAME]
};

void add_text(CLI::App& app, const char* names, std::string& into) {
  app.add_option(names, into)->take_last();
}

void declare(CLI::App& app, Words& words, Options& options) {
  app.set_help_flag();
  app.add_flag("-h,--help", words.help);
  app.add_flag("-v,--version", words.version);
  app.add_flag("-c,--configure", words.configure);
  add_text(app, "-e,--exit-fd", words.exit_fd);
  add_text(app, "-r,--ready-fd", words.ready_fd);
  add_text(app, "-m,--mtu", words.mtu);
  app.add_flag("-6,--enable-ipv6", words.enable_ipv6);
  app.add_option("-a,--api-socket", words.api_socket)->take_last();
  add_text(app, "--cidr", words.cidr);
  app.add_flag("--disable-host-loopback", words.disable_host_loopback);
  app.add_flag("--no-host-loopback", words.no_host_loopback);
  add_text(app, "--netns-type", words.netns_type);
  add_text(app, "--userns-path", words.userns_path);
  app.add_flag("--enable-sandbox", words.enable_sandbox);
  app.add_flag("--create-sandbox", words.create_sandbox);
  app.add_flag("--enable-seccomp", words.enable_seccomp);
  add_text(app, "--outbound-addr", options.outbound_address);
  add_text(app, "--outbound-addr6", options.outbound_address_v6);
  app.add_flag("--disable-dns", words.disable_dns);
  add_text(app, "--macaddress", words.mac);
  add_text(app, "--target-type", words.target_type);
  app.add_option("target", words.positional);
}

void declare_our_own(CLI::App& app, Words& words, Options& options) {
  add_text(app, "--launcher-fd", words.launcher_fd);
  add_text(app, "--instance", words.instance);
  add_text(app, "--cidr6", words.cidr6);
  app.add_flag("--disable-ipv6", words.disable_ipv6);
  app.add_option("-p,--publish", words.publish)->allow_extra_args(false);
  app.add_flag("--publish-fallback", options.publish_fallback);
  app.add_option("-L,--host-port", words.host_ports)->allow_extra_args(false);
  app.add_flag("--publish-loopback", options.publish_loopback);
  app.add_flag("--splice", options.splices_local_clients);
  app.add_option("--listen-fd", words.listen)->allow_extra_args(false);
  app.add_option("--dns", words.dns_servers)->allow_extra_args(false);
  app.add_flag("--deny-link-local", words.deny_link_local);
  add_text(app, "--tcp-engine", words.tcp_engine);
  app.add_flag("--no-sandbox", words.no_sandbox);
  app.add_flag("--verbose", words.verbose);
  app.add_flag("--quiet", words.quiet);
}

// CLI11 would take the next argument for the value of "--option=".
std::optional<std::string> empty_value(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
      return fmt::format("{} needs a value", argument.substr(0, argument.size() - 1));
    }
  }
  return std::nullopt;
}

// slirp4netns' callers say --enable-ipv6; the launcher says when it does not want IPv6.
std::string cidr6_of(const Words& words) {
  const bool wanted = words.enable_ipv6 || !words.cidr6.empty() || !words.launcher_fd.empty();
  if (!wanted || words.disable_ipv6) return "";
  return words.cidr6.empty() ? std::string(rules::kDefaultCidr6) : words.cidr6;
}

void choose_target_by_type(const Words& words, ValueChecks& checks, Options& options) {
  const std::string& target = words.positional.front();
  if (words.netns_type == "pid") {
    checks.process(target, options.target);
  } else if (words.netns_type == "path") {
    options.target = TargetPath{target, words.userns_path};
  } else if (words.netns_type == "tapfd") {
    std::optional<int> number;
    checks.descriptor("tapfd", target, number);
    options.target = TargetTapFd{number.value_or(-1)};
  } else {
    checks.complain(
        fmt::format("--netns-type \"{}\": expected pid, path or tapfd", words.netns_type));
  }
}

void choose_target(const Words& words, ValueChecks& checks, Options& options) {
  if (words.target_type != "netns" && words.target_type != "bess") {
    checks.complain(fmt::format("--target-type \"{}\": expected netns or bess", words.target_type));
  }
  if (!words.launcher_fd.empty()) {
    std::optional<int> number;
    checks.descriptor("--launcher-fd", words.launcher_fd, number);
    options.target = TargetLauncher{number.value_or(-1)};
  } else if (words.positional.empty()) {
    checks.complain("PID or PATH is expected: netns-slirp [OPTION]... PID|PATH [TAPNAME]");
  } else if (words.target_type == "bess") {
    options.target = TargetBess{words.positional.front()};
  } else {
    choose_target_by_type(words, checks, options);
  }
}

void check_combinations(const Words& words, ValueChecks& checks) {
  if (!words.userns_path.empty() && words.netns_type != "path") {
    checks.complain("--userns-path: expected together with --netns-type=path");
  }
  if (!words.mac.empty() && !words.configure) {
    checks.complain("--macaddress: expected together with --configure");
  }
  if (words.configure && (words.netns_type == "tapfd" || words.target_type == "bess")) {
    checks.complain(
        "--configure: not possible with --netns-type=tapfd and --target-type=bess, which "
        "name no namespace to enter");
  }
}

void collect_warnings(const Words& words, std::vector<std::string>& warnings) {
  if (words.no_host_loopback) {
    warnings.emplace_back("--no-host-loopback is deprecated; use --disable-host-loopback");
  }
  if (words.create_sandbox) {
    warnings.emplace_back("--create-sandbox is deprecated; use --enable-sandbox");
  }
  const size_t expected = words.launcher_fd.empty() ? 2 : 0;
  for (size_t i = expected; i < words.positional.size(); ++i) {
    warnings.push_back(fmt::format("extra argument \"{}\" is ignored", words.positional[i]));
  }
}

std::optional<std::string> check_values(const Words& words, Options& options) {
  ValueChecks checks;
  choose_target(words, checks, options);
  check_combinations(words, checks);
  if (words.positional.size() > 1) {
    checks.interface_name(words.positional[1], options.tap_name);
  }
  checks.network(words.cidr, cidr6_of(words), options.plan);
  checks.mtu(words.mtu, options.plan.has_v6, options.mtu);
  checks.mac(words.mac, options.mac);
  checks.descriptor("--exit-fd", words.exit_fd, options.exit_fd);
  checks.descriptor("--ready-fd", words.ready_fd, options.ready_fd);
  checks.api_socket(words.api_socket, options.api_socket);
  checks.outbound("--outbound-addr", options.outbound_address, /*is_v4=*/true);
  checks.outbound("--outbound-addr6", options.outbound_address_v6, /*is_v4=*/false);
  checks.instance(words.instance, options.instance);
  checks.tcp_engine(words.tcp_engine, options.tcp_engine);
  checks.publish(words.publish, options.publish, options.publish_auto, options.publish_unix);
  checks.host_ports(words.host_ports, options.host_ports, options.host_sockets);
  checks.listen(words.listen, options.listen);
  checks.dns_servers(words.dns_servers, options.dns_servers);
  if (!options.publish_auto.empty() && !std::holds_alternative<TargetLauncher>(options.target)) {
    checks.complain(fmt::format("--publish \"{}\": expected with netns-run only",
                                options.publish_auto.front().to_string()));
  }
  return checks.first_complaint();
}

}  // namespace

base::Result<Invocation> parse_options(std::vector<std::string> arguments) {
  if (auto complaint = empty_value(arguments)) return base::Error{std::move(*complaint)};
  CLI::App app;
  Words words;
  Options options;
  declare(app, words, options);
  declare_our_own(app, words, options);
  try {
    std::ranges::reverse(arguments);  // as CLI11 wants it
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return base::Error{describe(error)};
  }
  if (words.help) return Invocation(ShowHelp{});
  if (words.version) return Invocation(ShowVersion{});
  options.configure = words.configure;
  options.allow_host_loopback = !words.disable_host_loopback && !words.no_host_loopback;
  options.allow_link_local = !words.deny_link_local;
  options.has_dns = !words.disable_dns;
  options.may_lack_stages = words.no_sandbox;
  if (words.quiet) options.lowest_shown = base::log::Level::kError;
  if (words.verbose) options.lowest_shown = base::log::Level::kDebug;
  collect_warnings(words, options.warnings);
  if (auto complaint = check_values(words, options)) return base::Error{std::move(*complaint)};
  return Invocation(std::move(options));
}

}  // namespace nsrun::helper
