// SPDX-License-Identifier: Apache-2.0
//
// CLI11 splits argv into options and the command; the values are checked here, in our words.
#include "launcher/options.hh"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "launcher/option_values.hh"
#include "launcher/profile_options.hh"
#include "nsrun/refused_options.hh"

namespace nsrun::launcher {
namespace {

// As written, before any value is looked at.
struct Words {
  bool help = false;
  bool version = false;
  bool check = false;
  bool print_config = false;
  std::vector<std::string> profiles;
  bool no_ipv6 = false;
  bool no_dns = false;
  bool verbose = false;
  bool quiet = false;
  std::vector<std::string> publish;
  std::vector<std::string> host_ports;
  std::vector<std::string> listen;
  OptionText listen_fds;
  OptionText notify;
  NameWords names;
  OptionText mtu;
  OptionText mac;
  OptionText interface_name;
  OptionText outbound;
  OptionText outbound_v6;
  OptionText tcp_engine;
  OptionText api_socket;
  OptionText name;
  OptionText host_name;
  OptionText netns;
  OptionText memory;
  OptionText cpus;
  OptionText pids;
  OptionText no_new_privileges;
  std::vector<std::string> uid_map;
  std::vector<std::string> gid_map;
  std::vector<std::string> added_capabilities;
  std::vector<std::string> dropped_capabilities;
};

void add_list(CLI::App& app, const char* names, std::vector<std::string>& into) {
  app.add_option(names, into)->allow_extra_args(false);
}

template <typename Text>
void add_text(CLI::App& app, const char* names, Text& into) {
  app.add_option(names, into)->take_last();
}

void declare(CLI::App& app, Words& words, Options& options) {
  app.set_help_flag();
  app.prefix_command();
  app.add_flag("-h,--help", words.help);
  app.add_flag("--version", words.version);
  app.add_flag("--check", words.check);
  app.add_flag("--print-config", words.print_config);
  add_list(app, "--profile", words.profiles);
  add_list(app, "-p,--publish", words.publish);
  add_list(app, "-L,--host-port", words.host_ports);
  app.add_flag("--publish-fallback", options.publish_fallback);
  add_text(app, "--netns", words.netns);
  app.add_flag("--detach", options.detach);
  app.add_flag("--no-publish-loopback", options.no_publish_loopback);
  app.add_flag("--no-splice", options.no_splice);
  add_list(app, "--listen-fd", words.listen);
  add_text(app, "--listen-fds", words.listen_fds);
  add_text(app, "--notify", words.notify);
  app.add_flag("--map-root", options.map_root);
  app.add_flag("--map-auto", options.map_auto);
  add_list(app, "--uid-map", words.uid_map);
  add_list(app, "--gid-map", words.gid_map);
  add_list(app, "--cap-add", words.added_capabilities);
  add_list(app, "--cap-drop", words.dropped_capabilities);
  app.add_flag("--no-new-privs", words.no_new_privileges);
  app.add_flag("--allow-vsock", options.allow_vsock);
  app.add_flag("--share-pid", options.share_pid);
  app.add_flag("--ipc", options.new_ipc);
  app.add_flag("--uts", options.new_uts);
  add_text(app, "--hostname", words.host_name);
  app.add_flag("--cgroup", options.new_cgroup);
  add_text(app, "--memory", words.memory);
  add_text(app, "--cpus", words.cpus);
  add_text(app, "--pids", words.pids);
  add_text(app, "--cidr", options.cidr);
  add_text(app, "--cidr6", options.cidr6);
  app.add_flag("--no-ipv6", words.no_ipv6);
  add_text(app, "--mtu", words.mtu);
  add_text(app, "--ifname", words.interface_name);
  add_text(app, "--mac", words.mac);
  app.add_flag("--no-dns", words.no_dns);
  add_list(app, "--dns", words.names.servers);
  add_list(app, "--dns-search", words.names.search);
  add_list(app, "--dns-option", words.names.options);
  add_list(app, "--add-host", words.names.hosts);
  app.add_flag("--allow-host-loopback", options.allow_host_loopback);
  app.add_flag("--allow-link-local", options.allow_link_local);
  add_text(app, "--outbound-addr", words.outbound);
  add_text(app, "--outbound-addr6", words.outbound_v6);
  add_text(app, "--tcp-engine", words.tcp_engine);
  add_text(app, "--api-socket", words.api_socket);
  add_text(app, "--name", words.name);
  app.add_flag("--no-sandbox", options.no_sandbox);
  app.add_flag("-v,--verbose", words.verbose);
  app.add_flag("-q,--quiet", words.quiet);
}

// CLI11 leaves an option that nobody knows in front of the command.
std::optional<std::string> unknown_option(const std::vector<std::string>& rest) {
  if (rest.empty() || rest.front() == "--" || !rest.front().starts_with("-")) return std::nullopt;
  return fmt::format("unknown option {}", rest.front());
}

// What follows the options: "--" and the command, or the command at once.
std::vector<std::string> command_of(std::vector<std::string> rest) {
  if (!rest.empty() && rest.front() == "--") rest.erase(rest.begin());
  return rest;
}

std::optional<std::string> check_values(const Words& words, Options& options) {
  ValueChecks checks;
  checks.publish(words.publish, options.publish, options.publish_auto, options.publish_unix);
  checks.host_ports(words.host_ports, options.host_ports, options.host_sockets);
  checks.listen(words.listen, options.listen);
  checks.choice("--listen-fds", words.listen_fds, "command", "helper", options.takes_listen_fds);
  checks.choice("--notify", words.notify, "netns-run", "command", options.command_notifies);
  if (words.no_ipv6) options.cidr6.clear();
  checks.network(options.cidr, options.cidr6, words.no_ipv6, options.plan);
  options.has_dns = !words.no_dns;
  checks.names(words.names, options.has_dns, options.plan, options.names);
  checks.mtu(words.mtu, options.plan.has_v6, options.mtu);
  checks.interface_name(words.interface_name, options.interface_name);
  checks.mac(words.mac, options.mac);
  checks.outbound("--outbound-addr", words.outbound, /*is_v4=*/true, options.outbound_address);
  checks.outbound("--outbound-addr6", words.outbound_v6, /*is_v4=*/false,
                  options.outbound_address_v6);
  checks.tcp_engine(words.tcp_engine, options.tcp_engine);
  checks.netns(words.netns, options.netns);
  checks.limits(words.memory, words.cpus, words.pids, options.limits);
  checks.host_name(words.host_name, options.host_name);
  options.new_uts |= !options.host_name.empty();
  checks.api_socket(words.api_socket, options.api_socket);
  checks.name(words.name, options.name);
  checks.id_map("--uid-map", words.uid_map, options.uid_map);
  checks.id_map("--gid-map", words.gid_map, options.gid_map);
  options.capabilities = checks.capabilities(words.added_capabilities, words.dropped_capabilities,
                                             options.has_rights());
  options.no_new_privileges = options.capabilities == sandbox::kNoCapabilities;
  checks.choice("--no-new-privs", words.no_new_privileges, "false", "true",
                options.no_new_privileges);
  return checks.first_complaint();
}

// A command line, read.
struct Line {
  CLI::App app;
  Words words;
  Options options;

  Line() { declare(app, words, options); }

  std::optional<std::string> read(std::vector<std::string> arguments) {
    std::ranges::reverse(arguments);  // as CLI11 takes them
    try {
      app.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
      return describe(error);
    }
    return std::nullopt;
  }
};

// What only the command line may say.
constexpr std::string_view kNotInProfiles[] = {"help", "version", "check", "profile",
                                               "print-config"};

// The profile's options, each known and with a value of its own.
base::Result<std::vector<std::string>> words_of_profile(const std::string& name,
                                                        const ProfileReader& read_profile) {
  const auto text = read_profile(name);
  if (!text) return base::Error{text.error()};
  auto words = profile_words(*text);
  if (!words) return words;
  Line alone;
  if (auto complaint = alone.read(*words)) return base::Error{std::move(*complaint)};
  if (auto unknown = unknown_option(alone.app.remaining())) return base::Error{std::move(*unknown)};
  for (const std::string_view option : kNotInProfiles) {
    if (alone.app.count(fmt::format("--{}", option)) != 0) {
      return base::Error{fmt::format("{} belongs on the command line", option)};
    }
  }
  return words;
}

// Those of all profiles, in their order.
base::Result<std::vector<std::string>> words_of_profiles(const std::vector<std::string>& names,
                                                         const ProfileReader& read_profile) {
  std::vector<std::string> all;
  for (const std::string& name : names) {
    const auto words = words_of_profile(name, read_profile);
    if (!words) return base::Error{fmt::format("--profile \"{}\": {}", name, words.error())};
    all.insert(all.end(), words->begin(), words->end());
  }
  return all;
}

std::string config_text(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    const std::string& name = option->get_lnames().front();
    if (option->count() == 0 || std::ranges::count(kNotInProfiles, name) != 0) continue;
    const auto& given = option->results();
    const bool is_list = option->get_multi_option_policy() != CLI::MultiOptionPolicy::TakeLast;
    text += profile_line(name, is_list ? given : std::vector<std::string>{given.back()});
  }
  return text;
}

// What is of no use without one.
constexpr std::string_view kForCommands[] = {
    "map-root",    "map-auto",  "uid-map",    "gid-map",    "cap-add",  "cap-drop", "no-new-privs",
    "allow-vsock", "share-pid", "ipc",        "uts",        "hostname", "memory",   "cpus",
    "pids",        "cgroup",    "dns-search", "dns-option", "add-host"};

// With --netns the command's ids are those that the network's owner knows.
constexpr std::string_view kNotWithNetns[] = {"map-auto", "uid-map", "gid-map"};

std::optional<std::string> first_given(const CLI::App& app,
                                       std::span<const std::string_view> options) {
  for (const std::string_view option : options) {
    std::string name = fmt::format("--{}", option);
    if (app.count(name) != 0) return name;
  }
  return std::nullopt;
}

std::optional<std::string> check_command(const CLI::App& app, const Options& options) {
  if (!options.command.empty()) {
    const auto given = options.netns.empty() ? std::nullopt : first_given(app, kNotWithNetns);
    if (given) return fmt::format("{} does not go with --netns: only your own id does", *given);
    return std::nullopt;
  }
  if (options.netns.empty()) {
    return "a command is expected: netns-run [options] [--] command [args]";
  }
  const auto given = first_given(app, kForCommands);
  if (given) return fmt::format("{} is for a command, and there is none", *given);
  return std::nullopt;
}

base::Result<Invocation> interpret(Line& line) {
  auto& [app, words, options] = line;
  if (words.quiet) options.lowest_shown = base::log::Level::kError;
  if (words.verbose) options.lowest_shown = base::log::Level::kDebug;
  if (auto complaint = check_values(words, options)) return base::Error{std::move(*complaint)};
  if (words.print_config) return Invocation(ShowConfig{config_text(app)});
  options.command = command_of(app.remaining());
  if (auto complaint = check_command(app, options)) return base::Error{std::move(*complaint)};
  return Invocation(std::move(options));
}

}  // namespace

base::Result<Invocation> parse_options(int argc, const char* const* argv,
                                       const ProfileReader& read_profile) {
  const std::vector<std::string> given(argv + std::min(argc, 1), argv + argc);
  Line line;
  if (auto complaint = line.read(given)) return base::Error{std::move(*complaint)};
  const Words& words = line.words;
  if (words.help) return Invocation(ShowHelp{});
  if (words.version) return Invocation(ShowVersion{});
  if (auto unknown = unknown_option(line.app.remaining())) return base::Error{std::move(*unknown)};
  if (words.check) return Invocation(CheckHost{});
  if (words.profiles.empty()) return interpret(line);

  auto all = words_of_profiles(words.profiles, read_profile);
  if (!all) return base::Error{all.error()};
  all->insert(all->end(), given.begin(), given.end());
  Line complete;
  if (auto complaint = complete.read(*all)) return base::Error{std::move(*complaint)};
  return interpret(complete);
}

}  // namespace nsrun::launcher
