// SPDX-License-Identifier: Apache-2.0
//
// The words of the API socket as values: JSON text to a request, answers to JSON text. The shapes
// and error texts are slirp4netns' (nsrun/api.hh), but for publish, unpublish, info, stats,
// connections and capture.
// Pure; the only place that knows the JSON library. No JSON exception leaves it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/counters.hh"
#include "base/result.hh"
#include "nsrun/instance.hh"
#include "rules/capture_filter.hh"
#include "rules/port_rule.hh"
#include "wire/flow_report.hh"

namespace nsrun::control {

struct AddForward {
  rules::PortForward forward;  // guest address unspecified: the guest's own
  friend bool operator==(const AddForward&, const AddForward&) = default;
};
struct RemoveForward {
  int id = 0;
  friend bool operator==(const RemoveForward&, const RemoveForward&) = default;
};
struct ListForwards {
  friend bool operator==(const ListForwards&, const ListForwards&) = default;
};
struct Publish {
  std::vector<rules::PortRule> rules;
  friend bool operator==(const Publish&, const Publish&) = default;
};
struct Unpublish {
  std::vector<rules::PortRule> rules;
  friend bool operator==(const Unpublish&, const Unpublish&) = default;
};
struct GetInfo {
  friend bool operator==(const GetInfo&, const GetInfo&) = default;
};
struct GetStats {
  friend bool operator==(const GetStats&, const GetStats&) = default;
};
struct ListFlows {
  uint32_t from = 0;
  friend bool operator==(const ListFlows&, const ListFlows&) = default;
};
struct StartCapture {
  rules::CaptureFilter filter;
  friend bool operator==(const StartCapture&, const StartCapture&) = default;
};
using Request = std::variant<AddForward, RemoveForward, ListForwards, Publish, Unpublish, GetInfo,
                             GetStats, ListFlows, StartCapture>;

// A forward as the API shows it.
struct ForwardEntry {
  int id = 0;
  rules::PortForward forward;
};

struct ListedFlows {
  wire::FlowPage page;
  uint64_t denied = 0;  // packets that were to begin a flow
};

// Whom a helper serves.
struct InstanceInfo {
  Instance instance;
  pid_t pid = 0;  // netns-run's
};

// `text` is one complete request. The error is an answer's "desc".
base::Result<Request> parse_request(std::string_view text);
// Whether the request, good or bad, says "keep-alive": true, a member of our own. slirp4netns would
// not look at it.
bool asks_for_keep_alive(std::string_view text);

// Answers, each one line of JSON with its newline.
std::string format_added(int id);
std::string format_removed();
// The entries twice: under "return", as slirp4netns' manual says, and at the top, as it sends them.
std::string format_list(std::span<const ForwardEntry> entries);
// Of what was added, or removed.
std::string format_published(std::span<const ForwardEntry> entries);
std::string format_info(const InstanceInfo& info, std::span<const ForwardEntry> entries);
std::string format_stats(const base::Counters& counters);
// The file follows, and then nothing.
std::string format_capturing();
std::string format_flows(const ListedFlows& listed);
std::string format_error(std::string_view description);
// `reason` goes beside slirp4netns' fixed description, for people.
std::string format_error(std::string_view description, std::string_view reason);

}  // namespace nsrun::control
