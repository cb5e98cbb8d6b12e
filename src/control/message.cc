// SPDX-License-Identifier: Apache-2.0
#include "control/message.hh"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "nsrun/api.hh"
#include "rules/parse_each.hh"

namespace nsrun::control {
namespace {

using nlohmann::json;

base::Error refuse(std::string_view description) { return base::Error{std::string(description)}; }

// The member, or null when there is none or `object` is no object.
const json* find(const json* object, const char* name) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(name);
  return found == object->end() ? nullptr : &*found;
}

std::optional<std::string_view> find_string(const json* object, const char* name) {
  const json* member = find(object, name);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return member->get_ref<const std::string&>();
}

// Strict: 80.0 and "80" are no integers.
std::optional<int> find_integer(const json* object, const char* name, int lowest, int highest) {
  const json* member = find(object, name);
  if (member == nullptr || !member->is_number_integer()) return std::nullopt;
  // Beyond int64 the library would wrap around.
  if (member->is_number_unsigned() &&
      member->get<uint64_t>() > uint64_t{std::numeric_limits<int>::max()}) {
    return std::nullopt;
  }
  const auto value = member->get<int64_t>();
  if (value < lowest || value > highest) return std::nullopt;
  return static_cast<int>(value);
}

std::optional<uint16_t> find_port(const json* arguments, const char* name) {
  const std::optional<int> port = find_integer(arguments, name, 1, 65535);
  if (!port) return std::nullopt;
  return static_cast<uint16_t>(*port);
}

// Absent or empty: `otherwise`.
std::optional<wire::IpAddress> find_address(const json* arguments, const char* name,
                                            const wire::IpAddress& otherwise) {
  if (find(arguments, name) == nullptr) return otherwise;
  const std::optional<std::string_view> text = find_string(arguments, name);
  if (!text) return std::nullopt;
  return text->empty() ? otherwise : wire::IpAddress::parse(*text);
}

std::optional<wire::Transport> find_transport(const json* arguments) {
  const std::optional<std::string_view> proto = find_string(arguments, "proto");
  if (proto == "tcp") return wire::Transport::kTcp;
  if (proto == "udp") return wire::Transport::kUdp;
  return std::nullopt;
}

// Looks at the arguments in slirp4netns' order, as it names the first bad one.
base::Result<Request> parse_add(const json* arguments) {
  const auto transport = find_transport(arguments);
  if (!transport) return refuse(api::kAddBadProto);
  const auto host_address = find_address(arguments, "host_addr", wire::kAnyV4);
  if (!host_address || host_address->is_multicast_or_broadcast()) {
    return refuse(api::kAddBadHostAddress);
  }
  const auto host_port = find_port(arguments, "host_port");
  if (!host_port) return refuse(api::kAddBadHostPort);
  const auto guest_address =
      find_address(arguments, "guest_addr", host_address->is_v4() ? wire::kAnyV4 : wire::kAnyV6);
  if (!guest_address) return refuse(api::kAddBadGuestAddress);
  const auto guest_port = find_port(arguments, "guest_port");
  if (!guest_port) return refuse(api::kAddBadGuestPort);
  return Request(AddForward{{.transport = *transport,
                             .host = {*host_address, *host_port},
                             .guest = {*guest_address, *guest_port}}});
}

base::Result<Request> parse_remove(const json* arguments) {
  const auto id = find_integer(arguments, "id", 1, std::numeric_limits<int>::max());
  if (!id) return refuse(api::kRemoveBadId);
  return Request(RemoveForward{*id});
}

// "rule", or as many as there are in "rules".
base::Result<std::vector<std::string>> find_rules(const json* arguments, std::string_view refusal) {
  if (const auto rule = find_string(arguments, "rule")) return std::vector{std::string(*rule)};
  const json* list = find(arguments, "rules");
  if (list == nullptr || !list->is_array() || list->empty()) return refuse(refusal);
  std::vector<std::string> texts;
  for (const json& rule : *list) {
    if (!rule.is_string()) return refuse(refusal);
    texts.push_back(rule.get_ref<const std::string&>());
  }
  return texts;
}

// Publish or Unpublish.
template <typename Kind>
base::Result<Request> parse_rules(const json* arguments, std::string_view refusal) {
  const auto texts = find_rules(arguments, refusal);
  if (!texts) return base::Error{texts.error()};
  auto rules = rules::parse_each(*texts, rules::parse_port_rule);
  if (!rules) return base::Error{fmt::format("{}: {}", refusal, rules.error())};
  return Request(Kind{std::move(*rules)});
}

base::Result<Request> parse_list_flows(const json* arguments) {
  if (find(arguments, "from") == nullptr) return Request(ListFlows{});
  const auto from = find_integer(arguments, "from", 0, std::numeric_limits<int>::max());
  if (!from) return refuse(api::kConnectionsBadFrom);
  return Request(ListFlows{static_cast<uint32_t>(*from)});
}

base::Result<Request> parse_capture(const json* arguments) {
  const auto text = find(arguments, "filter") == nullptr ? std::optional<std::string_view>("")
                                                         : find_string(arguments, "filter");
  if (!text) return refuse(api::kCaptureBadFilter);
  auto filter = rules::parse_capture_filter(*text);
  if (!filter) return base::Error{fmt::format("{}: {}", api::kCaptureBadFilter, filter.error())};
  return Request(StartCapture{std::move(*filter)});
}

const char* kind_name(wire::FlowKind kind) noexcept {
  switch (kind) {
    case wire::FlowKind::kTcp:
      return "tcp";
    case wire::FlowKind::kUdp:
      return "udp";
    case wire::FlowKind::kPing:
      return "ping";
  }
  return "?";
}

// Null where nothing is known.
template <typename Unit>
json count_of(base::Duration duration) {
  if (duration == base::Duration::zero()) return nullptr;
  return std::chrono::duration_cast<Unit>(duration).count();
}

json to_json(const wire::FlowReport& flow) {
  using std::chrono::microseconds;
  json result = {{"proto", kind_name(flow.kind)},
                 {"direction", flow.is_published ? "published" : "out"},
                 {"guest_addr", flow.guest.address.to_string()},
                 {"guest_port", flow.guest.port},
                 {"remote_addr", flow.remote.address.to_string()},
                 {"remote_port", flow.remote.port},
                 {"policy", "allowed"},  // what is denied becomes no flow
                 {"bytes_to_host", flow.bytes_to_host},
                 {"bytes_to_guest", flow.bytes_to_guest},
                 {"age_ms", std::chrono::floor<std::chrono::milliseconds>(flow.age).count()},
                 {"rtt_us", count_of<microseconds>(flow.host_round_trip)},
                 {"guest_rtt_us", count_of<microseconds>(flow.guest_round_trip)}};
  result["state"] = flow.state.empty() ? json(nullptr) : json(flow.state);
  return result;
}

json to_json(const ForwardEntry& entry) {
  const rules::PortForward& forward = entry.forward;
  return {{"id", entry.id},
          {"proto", forward.transport == wire::Transport::kTcp ? "tcp" : "udp"},
          {"host_addr", forward.host.address.to_string()},
          {"host_port", forward.host.port},
          {"guest_addr", forward.guest.address.to_string()},
          {"guest_port", forward.guest.port}};
}

json to_json(std::span<const ForwardEntry> entries) {
  json list = json::array();
  for (const ForwardEntry& entry : entries) list.push_back(to_json(entry));
  return list;
}

// Text that is not UTF-8 is shown with replacement characters instead of being refused.
std::string to_line(const json& answer) {
  return answer.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

base::Result<Request> parse_request(std::string_view text) {
  const json request = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!request.is_object()) return refuse(api::kCannotParse);
  const std::optional<std::string_view> execute = find_string(&request, "execute");
  if (!execute) return refuse(api::kNoExecute);
  const json* arguments = find(&request, "arguments");
  if (*execute == api::kAddHostForward) return parse_add(arguments);
  if (*execute == api::kRemoveHostForward) return parse_remove(arguments);
  if (*execute == api::kListHostForwards) return Request(ListForwards{});
  if (*execute == api::kPublish) return parse_rules<Publish>(arguments, api::kPublishBadRule);
  if (*execute == api::kUnpublish) {
    return parse_rules<Unpublish>(arguments, api::kUnpublishBadRule);
  }
  if (*execute == api::kInfo) return Request(GetInfo{});
  if (*execute == api::kStats) return Request(GetStats{});
  if (*execute == api::kCapture) return parse_capture(arguments);
  if (*execute == api::kConnections) return parse_list_flows(arguments);
  return refuse(api::kUnknownExecute);
}

bool asks_for_keep_alive(std::string_view text) {
  const json request = json::parse(text, nullptr, /*allow_exceptions=*/false);
  const json* member = find(&request, api::kKeepAlive);
  return member != nullptr && *member == true;
}

std::string format_added(int id) { return to_line({{"return", {{"id", id}}}}); }

std::string format_removed() { return to_line({{"return", json::object()}}); }

std::string format_list(std::span<const ForwardEntry> entries) {
  const json list = to_json(entries);
  return to_line({{"entries", list}, {"return", {{"entries", list}}}});
}

std::string format_published(std::span<const ForwardEntry> entries) {
  return to_line({{"return", {{"entries", to_json(entries)}}}});
}

std::string format_info(const InstanceInfo& info, std::span<const ForwardEntry> entries) {
  return to_line({{"return",
                   {{"name", info.instance.name},
                    {"pid", info.pid},
                    {"started", info.instance.started},
                    {"command", info.instance.command},
                    {"entries", to_json(entries)}}}});
}

std::string format_stats(const base::Counters& counters) {
  json values = json::object();
  for (size_t number = 0; number < base::kCounterCount; ++number) {
    const auto counter = static_cast<base::Counter>(number);
    values[std::string(base::counter_name(counter))] = counters.get(counter);
  }
  return to_line({{"return", values}});
}

std::string format_capturing() { return format_removed(); }

std::string format_flows(const ListedFlows& listed) {
  json flows = json::array();
  for (const wire::FlowReport& flow : listed.page.flows) flows.push_back(to_json(flow));
  return to_line({{"return",
                   {{"connections", std::move(flows)},
                    {"denied_by_policy", listed.denied},
                    {"next", listed.page.next ? json(*listed.page.next) : json(nullptr)}}}});
}

std::string format_error(std::string_view description) {
  return to_line({{"error", {{"desc", description}}}});
}

std::string format_error(std::string_view description, std::string_view reason) {
  return to_line({{"error", {{"desc", description}, {"reason", reason}}}});
}

}  // namespace nsrun::control
