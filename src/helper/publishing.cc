// SPDX-License-Identifier: Apache-2.0
#include "helper/publishing.hh"

#include "base/error.hh"
#include "base/log.hh"
#include "forward/fallback.hh"

namespace nsrun::helper {
namespace {

// They have their addresses already.
void publish_passed(forward::Registry& registry, os::PassedSockets& sockets) {
  while (!sockets.all().empty()) {
    const os::PassedSocket& next = sockets.all().front();
    const wire::IpAddress any = next.local.address.is_v4() ? wire::kAnyV4 : wire::kAnyV6;
    const rules::PortForward forward{next.transport, next.local, {any, next.guest_port}};
    const auto id = registry.add(forward, sockets.take(forward.transport, forward.host));
    if (!id) throw base::Failure("cannot publish " + id.error());
  }
}

void publish_all(forward::Registry& registry, const Options& options) {
  if (options.publish_fallback) {
    const auto moved = forward::add_with_fallback(registry, options.publish);
    if (!moved) throw base::Failure("cannot publish " + moved.error());
    for (const forward::MovedPort& port : *moved) base::log::info("{}", port.to_string());
    return;
  }
  const auto entries = registry.add(options.publish);
  if (!entries) throw base::Failure("cannot publish " + entries.error());
}

// A port that somebody else has taken meanwhile is no reason to leave the guest without the others.
void restore_all(forward::Registry& registry, const KnownForwards& inherited,
                 os::PassedSockets& sockets, LauncherLink& link) {
  for (const auto& [id, known] : inherited.by_id()) {
    const auto restored = registry.restore(
        id, known.forward, sockets.take(known.forward.transport, known.forward.host));
    if (restored) continue;
    base::log::warning("cannot publish again {}", restored.error());
    link.report(ForwardRemoved{id});
  }
  registry.skip_ids(inherited.last_id());
}

// Those of a helper before this one.
void adopt_all(forward::AutoPublisher& publisher, const forward::Registry& registry,
               const LauncherLink& link) {
  if (!link.inherited()) return;
  const KnownForwards::ById& known = link.inherited()->by_id();
  for (const forward::Entry& entry : registry.entries()) {
    if (known.at(entry.id).is_automatic) publisher.adopt(entry);
  }
}

}  // namespace

void publish(forward::Registry& registry, const Options& options, os::PassedSockets& sockets,
             std::optional<LauncherLink>& link) {
  if (link && link->inherited()) return restore_all(registry, *link->inherited(), sockets, *link);
  publish_passed(registry, sockets);
  publish_all(registry, options);
  if (!link) return;
  for (const forward::Entry& entry : registry.entries()) {
    link->report(ForwardAdded{entry.id, entry.asked});
  }
}

std::unique_ptr<forward::AutoPublisher> publish_automatically(
    const Options& options, dataplane::DataPlane& data_plane, forward::Registry& registry,
    control::MainContext& context, const LauncherLink& link, LauncherReports& reports) {
  const auto report = [&](const ForwardChange& change) {
    context.post([&reports, change] { reports.report(change); });
  };
  auto publisher = std::make_unique<forward::AutoPublisher>(
      registry,
      forward::AutoPublishing{
          .rules = options.publish_auto,
          .plan = options.plan,
          .tcp_loopback = options.publish_loopback && options.tcp_engine == TcpEngine::kAccelerated,
          .fallback = options.publish_fallback},
      forward::AutoPublisher::Report{
          .added =
              [report](const forward::Entry& entry) {
                report(ForwardAdded{entry.id, entry.asked, /*is_automatic=*/true});
              },
          .removed = [report](int id) { report(ForwardRemoved{id}); }});
  adopt_all(*publisher, registry, link);
  data_plane.follow_listeners(
      [&publisher = *publisher](const auto& listeners) { publisher.follow(listeners); });
  return publisher;
}

}  // namespace nsrun::helper
