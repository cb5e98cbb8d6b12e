// SPDX-License-Identifier: Apache-2.0
#include "launcher/guest_check.hh"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>

#include <array>
#include <exception>
#include <functional>
#include <span>

#include "base/error.hh"
#include "launcher/diagnosis.hh"
#include "os/fd_passing.hh"
#include "os/id_maps.hh"
#include "os/mount.hh"
#include "os/process.hh"
#include "os/sysctl.hh"
#include "os/tap.hh"

namespace nsrun::launcher {
namespace {

using Report = std::function<void(const Finding&)>;

// One byte of verdict, the name, a newline, the detail.
void send_finding(base::FdView channel, const Finding& finding) {
  std::string text(1, static_cast<char>(finding.verdict));
  text += finding.what + "\n" + finding.detail;
  os::send_message(channel, std::as_bytes(std::span(text)));
}

Finding to_finding(base::Bytes bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t end = text.find('\n');
  return {static_cast<Verdict>(text.front()), text.substr(1, end - 1), text.substr(end + 1)};
}

// In new namespaces besides a user namespace; what the body reports. The error of clone(2), if any.
int try_in(int namespaces, std::vector<Finding>& findings,
           const std::function<void(const Report&)>& body) {
  auto [ours, theirs] = os::make_seqpacket_pair();
  try {
    os::Child child = os::Child::start(
        [&, &our_end = ours, &channel = theirs] {
          our_end.close();
          body([&](const Finding& finding) { send_finding(channel, finding); });
          return 0;
        },
        CLONE_NEWUSER | namespaces);
    theirs.close();
    while (const auto message = os::receive_message(ours)) {
      findings.push_back(to_finding(message->bytes));
    }
    child.wait();
    return 0;
  } catch (const base::SystemError& error) {
    return error.error_number();
  }
}

Finding refused(const char* what, Step step, int error_number) {
  const std::string mend = mend_for(step, error_number, read_host_facts());
  return {Verdict::kNotOk, what,
          mend.empty() ? base::error_text(error_number)
                       : fmt::format("{} ({})", base::error_text(error_number), mend)};
}

bool check_namespaces(std::vector<Finding>& findings) {
  struct Kind {
    const char* what;
    int flag;
  };
  bool has_all = true;
  for (const Kind& kind :
       {Kind{"user namespaces", 0}, Kind{"network namespaces", CLONE_NEWNET},
        Kind{"mount namespaces", CLONE_NEWNS}, Kind{"PID namespaces", CLONE_NEWPID}}) {
    const int error_number = try_in(kind.flag, findings, [](const Report&) {});
    has_all &= error_number == 0;
    findings.push_back(error_number == 0 ? Finding{Verdict::kOk, kind.what, ""}
                                         : refused(kind.what, Step::kMakeNamespaces, error_number));
    // The others would fail for the same reason.
    if (kind.flag == 0 && error_number != 0) return false;
  }
  return has_all;
}

Finding offload(const char* what, bool is_there, const char* kernel) {
  if (is_there) return {Verdict::kOk, what, ""};
  return {Verdict::kMissing, what, fmt::format("slower without; Linux has it since {}", kernel)};
}

void check_tap(const Report& report) {
  constexpr const char* kWhat = "/dev/net/tun";
  try {
    const os::Tap tap = os::open_tap("tap0");
    report({Verdict::kOk, kWhat, ""});
    report(offload("TAP, virtio-net header", tap.features.has_virtio_net_header, "2.6.27"));
    report(offload("TAP, TCP offload", tap.features.has_tso, "2.6.27"));
    report(offload("TAP, UDP offload (USO)", tap.features.has_uso, "6.2"));
  } catch (const base::SystemError& error) {
    report(refused(kWhat, Step::kSetUp, error.error_number()));
  } catch (const base::Failure& failure) {
    report({Verdict::kNotOk, kWhat, failure.what()});
  }
}

void check_comfort(const Report& report, const char* what, const char* without,
                   const std::function<void()>& attempt) {
  try {
    attempt();
    report({Verdict::kOk, what, ""});
  } catch (const std::exception& error) {
    report({Verdict::kMissing, what, fmt::format("{}: {}", error.what(), without)});
  }
}

// As init does it for a real guest.
void check_inside(const Report& report, const os::Ids& caller) {
  try {
    os::write_id_maps("self", caller, os::Ids{});
    report({Verdict::kOk, "map of your own id", ""});
  } catch (const base::SystemError& error) {
    return report(refused("map of your own id", Step::kMakeNamespaces, error.error_number()));
  }
  check_tap(report);
  check_comfort(report, "/proc of its own",
                "the command sees the host's processes; a container must not hide parts of /proc",
                [] {
                  os::stop_mounts_from_leaving();
                  os::mount_file_system({.type = "proc", .target = "/proc", .flags = MS_NOSUID});
                });
  check_comfort(report, "low ports and ping of the command",
                "it has neither; a container must leave /proc/sys writable",
                [] { os::write_sysctl("net/ipv4/ip_unprivileged_port_start", "0"); });
}

}  // namespace

std::vector<Finding> check_guest() {
  std::vector<Finding> findings;
  if (!check_namespaces(findings)) return findings;
  const os::Ids caller = os::own_ids();
  const int error_number = try_in(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID, findings,
                                  [&](const Report& report) { check_inside(report, caller); });
  if (error_number != 0) {
    findings.push_back(refused("all namespaces at once", Step::kMakeNamespaces, error_number));
  }
  return findings;
}

}  // namespace nsrun::launcher
