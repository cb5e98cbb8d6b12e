// SPDX-License-Identifier: Apache-2.0
//
// What the helper publishes from the start: the ports of its command line, the sockets that it was
// given, and, after a helper that died, what that one had published. Under netns-run the launcher
// is told of each forward.
#pragma once

#include <memory>
#include <optional>

#include "control/main_context.hh"
#include "dataplane/data_plane.hh"
#include "forward/auto_publisher.hh"
#include "forward/registry.hh"
#include "helper/launcher_link.hh"
#include "helper/launcher_reports.hh"
#include "helper/options.hh"
#include "os/passed_sockets.hh"

namespace nsrun::helper {

// Throws base::Failure when a port cannot be had.
void publish(forward::Registry& registry, const Options& options, os::PassedSockets& sockets,
             std::optional<LauncherLink>& link);

// For -p auto. Works in the data plane's thread, as `registry` does, and must outlive it; the
// launcher is told from the other one. `registry`, `context` and `reports` must outlive both.
std::unique_ptr<forward::AutoPublisher> publish_automatically(
    const Options& options, dataplane::DataPlane& data_plane, forward::Registry& registry,
    control::MainContext& context, const LauncherLink& link, LauncherReports& reports);

}  // namespace nsrun::helper
