// SPDX-License-Identifier: Apache-2.0
#include "ctl/connections.hh"

#include <fmt/format.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/error.hh"
#include "ctl/guest_processes.hh"
#include "ctl/instances.hh"
#include "ctl/text.hh"
#include "nsrun/api.hh"
#include "wire/address.hh"

namespace nsrun::ctl {
namespace {

using nlohmann::json;

// Protocol, guest, remote. Two pages may name a flow twice.
using Name = std::tuple<std::string, wire::Endpoint, wire::Endpoint>;

wire::Endpoint endpoint_of(const json& flow, const char* address, const char* port) {
  const auto parsed = wire::IpAddress::parse(flow.at(address).get<std::string>());
  return {parsed.value_or(wire::IpAddress()), flow.at(port).get<uint16_t>()};
}

Name name_of(const json& flow) {
  return {flow.at("proto"), endpoint_of(flow, "guest_addr", "guest_port"),
          endpoint_of(flow, "remote_addr", "remote_port")};
}

// None are known where the instance's processes cannot be seen.
SocketOwners owners_in(const std::string& instance) {
  try {
    return SocketOwners(guest_processes(processes_of(instance).launcher_pid));
  } catch (const NoSuchInstance&) {
    throw;
  } catch (const base::Failure&) {
    return SocketOwners({});
  }
}

std::string process_text(const json& flow) {
  if (flow.at("pid").is_null()) return "-";
  return fmt::format("{}({})", flow.at("process").get<std::string>(), flow.at("pid").get<int>());
}

std::string text_of(const json& flow, const FlowColumn& sent, const FlowColumn& received) {
  const auto text_or = [&](const char* member, const char* otherwise) {
    const json& value = flow.at(member);
    return value.is_null() ? std::string(otherwise) : value.get<std::string>();
  };
  const json& round_trip = flow.at("rtt_us");
  return fmt::format("{:<5} {:<9} {:<12} {:<22} {:<22} {:>6} {:>6} {:>4} {:>7} {:<8} {}",
                     flow.at("proto").get<std::string>(), flow.at("direction").get<std::string>(),
                     text_or("state", "-"), endpoint_text(flow, "guest_addr", "guest_port"),
                     endpoint_text(flow, "remote_addr", "remote_port"),
                     format_bytes(flow.at(sent.member).get<uint64_t>()),
                     format_bytes(flow.at(received.member).get<uint64_t>()),
                     format_age(flow.at("age_ms").get<int64_t>() / 1000),
                     round_trip.is_null() ? "-" : format_microseconds(round_trip.get<int64_t>()),
                     text_or("policy", "-"), process_text(flow));
}

}  // namespace

json connections_of(const std::string& instance) {
  std::map<Name, json> flows;
  json denied;
  for (json from = 0; !from.is_null();) {
    json page = ask(instance, {{"execute", api::kConnections}, {"arguments", {{"from", from}}}});
    for (json& flow : page.at("connections"))
      flows.insert_or_assign(name_of(flow), std::move(flow));
    denied = page.at("denied_by_policy");
    from = page.at("next");
  }
  const SocketOwners owners = owners_in(instance);
  json list = json::array();
  for (auto& [name, flow] : flows) {
    const auto& [protocol, guest, remote] = name;
    const auto owner = owners.find(protocol, guest, remote);
    flow["pid"] = owner ? json(owner->pid) : json(nullptr);
    flow["process"] = owner ? json(owner->name) : json(nullptr);
    list.push_back(std::move(flow));
  }
  return {{"connections", std::move(list)}, {"denied_by_policy", std::move(denied)}};
}

std::string format_flows(const json& flows, const FlowColumn& sent, const FlowColumn& received) {
  std::string text = fmt::format(
      "{:<5} {:<9} {:<12} {:<22} {:<22} {:>6} {:>6} {:>4} {:>7} {:<8} {}\n", "PROTO", "DIRECTION",
      "STATE", "GUEST", "REMOTE", sent.title, received.title, "AGE", "RTT", "POLICY", "PROCESS");
  for (const json& flow : flows) text += printable(text_of(flow, sent, received)) + "\n";
  return text;
}

std::string format_connections(const json& listed) {
  std::string text =
      format_flows(listed.at("connections"), {"SENT", "bytes_to_host"}, {"RECV", "bytes_to_guest"});
  const auto denied = listed.at("denied_by_policy").get<uint64_t>();
  if (denied > 0) text += fmt::format("denied by policy so far: {} packets\n", denied);
  return text;
}

}  // namespace nsrun::ctl
