// SPDX-License-Identifier: Apache-2.0
//
// A relay that keeps what came early: once the hole is filled all of it is acknowledged, and
// nothing is sent again.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, GuestDataKeptBehindAHole) {
  guest_connected();
  keeps_early = true;

  // Two change places within a batch: nobody asks for the first one again.
  guest.sends_together({data(1000).seq(1001), data(1000).seq(1)});
  host.has_received(2000);
  relay.sends(ack(2001));

  // In batches of their own, the end of the stream among them.
  guest.sends(fin().seq(4001));
  relay.sends(ack(2001));
  guest.sends(data(1000).seq(3001));
  relay.sends(ack(2001));
  host.has_received(2000);
  host.sees_no_end();
  guest.sends(data(1000).seq(2001));
  relay.sends(ack(4002));
  host.has_received(4000);
  host.sees_the_end();
}

// Neither what lies beyond the window nor what acknowledges the impossible.
TEST_P(Scenario, GuestDataNotWorthKeepingBehindAHole) {
  guest_connected();
  keeps_early = true;
  guest.sends(data(1000).seq(1001).ack(5000));
  relay.sends(ack(1));
  guest.sends(data(1000).seq(1));
  host.has_received(1000);
  relay.sends(ack(1001));
}

}  // namespace nsrun::tcp
