// SPDX-License-Identifier: Apache-2.0
#include "ctl/commands.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>

#include "base/log.hh"
#include "base/time.hh"
#include "ctl/capture.hh"
#include "ctl/connections.hh"
#include "ctl/enter.hh"
#include "ctl/instances.hh"
#include "ctl/text.hh"
#include "ctl/top.hh"
#include "nsrun/api.hh"
#include "os/process.hh"

namespace nsrun::ctl {
namespace {

using nlohmann::json;

// What the kernel and the helper have left to do once netns-run has ended.
constexpr std::chrono::seconds kForTheRest{10};

std::string host_text(const json& entry) { return endpoint_text(entry, "host_addr", "host_port"); }

std::string short_port_text(const json& entry) {
  return fmt::format("{}->{}/{}", host_text(entry), entry.at("guest_port").get<int>(),
                     entry.at("proto").get<std::string>());
}

// All at once: the instance does all that the rules ask for, or nothing.
json ask_with_rules(const std::string& instance, std::string_view execute,
                    const std::vector<rules::PortRule>& rules) {
  json texts = json::array();
  for (const rules::PortRule& rule : rules) texts.push_back(rule.to_string());
  const json request = {{"execute", execute}, {"arguments", {{"rules", texts}}}};
  return ask(instance, request).at("entries");
}

std::string perform(const ListInstances&, bool as_json) {
  json instances = json::array();
  for (const std::string& name : running_instances()) {
    try {
      instances.push_back(ask(name, {{"execute", api::kInfo}}));
    } catch (const NoSuchInstance&) {
      continue;  // it ended a moment ago, or is another user's
    } catch (const NoAnswer& error) {
      if (!error.has_ended()) base::log::warning("{}", error.what());
    }
  }
  return as_json ? to_lines(instances) : format_instances(instances, std::time(nullptr));
}

std::string perform(const ListPorts& command, bool as_json) {
  const json entries = ask(command.instance, {{"execute", api::kListHostForwards}}).at("entries");
  return as_json ? to_lines(entries) : format_ports(entries);
}

std::string perform(const AddPorts& command, bool as_json) {
  const json added = ask_with_rules(command.instance, api::kPublish, command.rules);
  return as_json ? to_lines(added) : "";
}

std::string perform(const RemovePorts& command, bool as_json) {
  const json removed = ask_with_rules(command.instance, api::kUnpublish, command.rules);
  return as_json ? to_lines(removed) : "";
}

std::string perform(const ShowStats& command, bool as_json) {
  const json counters = ask(command.instance, {{"execute", api::kStats}});
  if (as_json) return to_lines(counters);
  return command.as_prometheus ? format_prometheus(counters, command.instance)
                               : format_stats(counters);
}

std::string perform(const ListConnections& command, bool as_json) {
  const json listed = connections_of(command.instance);
  return as_json ? to_lines(listed) : format_connections(listed);
}

std::string perform(const CaptureFrames& command, bool as_json) {
  const Captured captured = capture(command);
  if (as_json) return to_lines({{"frames", captured.frames}, {"dropped", captured.dropped}});
  base::log::info("{} frames captured, {} dropped as they came too fast", captured.frames,
                  captured.dropped);
  return "";
}

std::string perform(const ShowTop& command, bool as_json) { return top(command, as_json); }

std::string perform(const StopInstance& command, bool as_json) {
  const Processes processes = processes_of(command.instance);
  os::send_signal(processes.launcher, SIGTERM);
  os::send_signal(processes.launcher, SIGCONT);  // a stopped one would never hear of it
  const auto patience = std::chrono::seconds(command.seconds);
  const bool is_killed = !os::ends_by(processes.launcher, base::now() + patience);
  if (is_killed) os::send_signal(processes.launcher, SIGKILL);
  // The helper's end gives the ports back.
  const base::Time deadline = base::now() + kForTheRest;
  if (!os::ends_by(processes.launcher, deadline) || !os::ends_by(processes.helper, deadline)) {
    throw base::Failure(fmt::format("\"{}\" does not end", command.instance));
  }
  if (as_json) return to_lines({{"name", command.instance}, {"killed", is_killed}});
  return is_killed ? fmt::format("{} did not end within {} s: killed\n", command.instance,
                                 command.seconds)
                   : "";
}

[[noreturn]] std::string perform(const RunInInstance& command, bool) {
  run_in_instance(command.instance, command.words);
}

}  // namespace

std::string carry_out(const Options& options) {
  return std::visit([&](const auto& command) { return perform(command, options.as_json); },
                    options.command);
}

std::string format_instances(const json& instances, int64_t now) {
  std::string text =
      fmt::format("{:<20} {:>8} {:>5}  {:<28} {}\n", "NAME", "PID", "AGE", "COMMAND", "PORTS");
  for (const json& instance : instances) {
    std::vector<std::string> ports;
    for (const json& entry : instance.at("entries")) ports.push_back(short_port_text(entry));
    text += fmt::format("{:<20} {:>8} {:>5}  {:<28.28} {}\n",
                        instance.at("name").get<std::string>(), instance.at("pid").get<int>(),
                        format_age(now - instance.at("started").get<int64_t>()),
                        printable(instance.at("command")), fmt::join(ports, ", "));
  }
  return text;
}

std::string format_ports(const json& entries) {
  std::string text = fmt::format("{:>4} {:<5} {:<28} {}\n", "ID", "PROTO", "HOST", "GUEST");
  for (const json& entry : entries) {
    text += fmt::format("{:>4} {:<5} {:<28} {}\n", entry.at("id").get<int>(),
                        entry.at("proto").get<std::string>(), host_text(entry),
                        endpoint_text(entry, "guest_addr", "guest_port"));
  }
  return text;
}

std::string format_stats(const json& counters) {
  std::string text;
  for (const auto& [name, value] : counters.items()) {
    text += fmt::format("{:<28} {}\n", name, value.get<uint64_t>());
  }
  return text;
}

std::string format_prometheus(const json& counters, const std::string& instance) {
  std::string text;
  for (const auto& [name, value] : counters.items()) {
    text += fmt::format(
        "# TYPE netns_run_{0}_total counter\nnetns_run_{0}_total{{instance=\"{1}\"}} {2}\n", name,
        instance, value.get<uint64_t>());
  }
  return text;
}

}  // namespace nsrun::ctl
