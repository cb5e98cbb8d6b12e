// SPDX-License-Identifier: Apache-2.0
//
// CLI11 splits argv into options and words; what the words mean is decided here, in our words.
#include "ctl/options.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <span>

#include "nsrun/refused_options.hh"
#include "rules/auto_rule.hh"
#include "rules/capture_filter.hh"
#include "rules/unix_rule.hh"

namespace nsrun::ctl {
namespace {

struct Words {
  bool help = false;
  bool version = false;
  bool json = false;
  bool prometheus = false;
  bool once = false;
  std::vector<std::string> publish;
  std::optional<std::string> timeout;
  std::optional<std::string> write;
  std::optional<std::string> count;
  std::optional<std::string> seconds;
  std::vector<std::string> positional;
};

constexpr std::string_view kCommands =
    "ps, connections NAME, capture NAME -w FILE, stats NAME, top [NAME], stop NAME, exec NAME "
    "COMMAND, shell NAME, or port add|list|rm NAME [-p RULE]; see \"netns-ctl --help\"";
constexpr std::string_view kExecForm = "expected: netns-ctl exec NAME [--] COMMAND [ARGUMENT ...]";

void declare(CLI::App& app, Words& words) {
  app.set_help_flag();
  app.add_flag("-h,--help", words.help);
  app.add_flag("--version", words.version);
  app.add_flag("--json", words.json);
  app.add_flag("--prometheus", words.prometheus);
  app.add_flag("--once", words.once);
  app.add_option("-p,--publish", words.publish)->allow_extra_args(false);
  app.add_option("--timeout", words.timeout)->take_last();
  app.add_option("-w,--write", words.write)->take_last();
  app.add_option("--count", words.count)->take_last();
  app.add_option("--seconds", words.seconds)->take_last();
  app.add_option("words", words.positional);
}

base::Result<std::vector<rules::PortRule>> parse_rules(const std::vector<std::string>& texts) {
  std::vector<rules::PortRule> rules;
  for (const std::string& text : texts) {
    if (rules::is_unix_rule(text) || rules::is_auto_rule(text)) {
      return base::Error{
          fmt::format("--publish \"{}\": only for netns-run -p, when it starts", text)};
    }
    auto rule = rules::parse_port_rule(text);
    if (!rule) return base::Error{fmt::format("--publish {}", rule.error())};
    rules.push_back(*rule);
  }
  return rules;
}

base::Result<Command> choose_port_command(std::span<const std::string> words,
                                          const std::vector<std::string>& publish) {
  if (words.size() != 2) return base::Error{"expected: netns-ctl port add|list|rm NAME [-p RULE]"};
  const std::string& verb = words[0];
  const std::string& instance = words[1];
  if (verb == "list") {
    if (!publish.empty()) return base::Error{"port list takes no -p"};
    return Command(ListPorts{instance});
  }
  if (verb != "add" && verb != "rm") {
    return base::Error{fmt::format("port \"{}\": expected add, list or rm", verb)};
  }
  if (publish.empty()) {
    return base::Error{fmt::format("expected: netns-ctl port {} NAME -p RULE", verb)};
  }
  auto rules = parse_rules(publish);
  if (!rules) return base::Error{rules.error()};
  if (verb == "add") return Command(AddPorts{instance, std::move(*rules)});
  return Command(RemovePorts{instance, std::move(*rules)});
}

// Absent: nothing.
base::Result<std::optional<uint64_t>> parse_number(const char* option, const char* of_what,
                                                   const std::optional<std::string>& text,
                                                   uint64_t most) {
  if (!text) return std::optional<uint64_t>();
  uint64_t value = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value > most) {
    return base::Error{
        fmt::format("{} \"{}\": expected a number of {} up to {}", option, *text, of_what, most)};
  }
  return std::optional(value);
}

constexpr uint64_t kLongestSeconds = 86400;

base::Result<Command> choose_stop(const Words& words) {
  if (words.positional.size() != 2) return base::Error{"expected: netns-ctl stop NAME"};
  const auto seconds = parse_number("--timeout", "seconds", words.timeout, kLongestSeconds);
  if (!seconds) return base::Error{seconds.error()};
  StopInstance stop{.instance = words.positional[1]};
  if (*seconds) stop.seconds = static_cast<unsigned>(**seconds);
  return Command(std::move(stop));
}

base::Result<Command> choose_capture(const Words& words) {
  if (words.positional.size() < 2 || !words.write) {
    return base::Error{"expected: netns-ctl capture NAME -w FILE [FILTER]"};
  }
  if (words.json && *words.write == "-") return base::Error{"--json and -w - both want the output"};
  const auto count = parse_number("--count", "frames", words.count, 1'000'000'000'000);
  if (!count) return base::Error{count.error()};
  const auto seconds = parse_number("--seconds", "seconds", words.seconds, kLongestSeconds);
  if (!seconds) return base::Error{seconds.error()};
  const std::string filter =
      fmt::format("{}", fmt::join(std::span(words.positional).subspan(2), " "));
  if (const auto parsed = rules::parse_capture_filter(filter); !parsed) {
    return base::Error{parsed.error()};
  }
  return Command(CaptureFrames{words.positional[1], *words.write, filter, *count, *seconds});
}

// What follows the name is the command's, options too.
base::Result<Command> choose_exec(std::span<const char* const> words) {
  std::vector<std::string> all(words.begin(), words.end());
  if (all.size() > 1 && all[1] == "--") all.erase(all.begin() + 1);
  if (all.size() < 2 || all[0].starts_with("-") || all[1].empty()) {
    return base::Error{std::string(kExecForm)};
  }
  RunInInstance run{.instance = all.front(), .words = {}};
  run.words.assign(all.begin() + 1, all.end());
  return Command(std::move(run));
}

std::string shell_of_user() {
  const char* shell = std::getenv("SHELL");
  return shell == nullptr || *shell == '\0' ? "/bin/sh" : shell;
}

base::Result<Command> choose_command(const Words& words) {
  const std::span<const std::string> all(words.positional);
  if (all.empty()) return base::Error{fmt::format("a command is expected: {}", kCommands)};
  const std::string& name = all.front();
  if (words.prometheus && (name != "stats" || words.json)) {
    return base::Error{"--prometheus is for stats, without --json"};
  }
  if (words.once && name != "top") return base::Error{"--once is for top"};
  if (words.timeout && name != "stop") return base::Error{"--timeout is for stop"};
  if ((words.write || words.count || words.seconds) && name != "capture") {
    return base::Error{"-w, --count and --seconds are for capture"};
  }
  if (name == "capture") return choose_capture(words);
  if (name == "port") return choose_port_command(all.subspan(1), words.publish);
  if (!words.publish.empty()) return base::Error{"-p is for port add and port rm"};
  if (name == "ps") {
    if (all.size() > 1) return base::Error{"ps takes no arguments"};
    return Command(ListInstances{});
  }
  if (name == "stop") return choose_stop(words);
  if (name == "connections") {
    if (all.size() != 2) return base::Error{"expected: netns-ctl connections NAME"};
    return Command(ListConnections{all[1]});
  }
  if (name == "top") {
    if (all.size() > 2) return base::Error{"expected: netns-ctl top [NAME]"};
    ShowTop top;
    top.once = words.once;
    if (all.size() == 2) top.instance = all[1];
    return Command(std::move(top));
  }
  if (name == "shell") {
    if (all.size() != 2) return base::Error{"expected: netns-ctl shell NAME"};
    return Command(RunInInstance{all[1], {shell_of_user()}});
  }
  if (name == "exec") return base::Error{std::string(kExecForm)};  // behind options
  if (name == "stats") {
    if (all.size() != 2) return base::Error{"expected: netns-ctl stats NAME"};
    return Command(ShowStats{all[1], words.prometheus});
  }
  return base::Error{fmt::format("unknown command \"{}\": expected {}", name, kCommands)};
}

}  // namespace

base::Result<Invocation> parse_options(int argc, const char* const* argv) {
  if (argc > 1 && std::string_view(argv[1]) == "exec") {
    auto command = choose_exec(std::span(argv + 2, argv + argc));
    if (!command) return base::Error{command.error()};
    return Invocation(Options{std::move(*command)});
  }
  CLI::App app;
  Words words;
  declare(app, words);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return base::Error{describe(error)};
  }
  if (words.help) return Invocation(ShowHelp{});
  if (words.version) return Invocation(ShowVersion{});
  auto command = choose_command(words);
  if (!command) return base::Error{command.error()};
  return Invocation(Options{std::move(*command), words.json});
}

}  // namespace nsrun::ctl
