package throttle_test

import (
	"errors"
	"net/netip"
	"testing"

	"sallyport/provider/throttle"
	"sallyport/provider/user"
)

func TestSourcesShareACounterOnlyAsCustomersDo(t *testing.T) {
	t.Parallel()
	at := func(s string) throttle.Counter { return throttle.Source(netip.MustParseAddr(s)) }
	for name, c := range map[string]struct {
		a, b throttle.Counter
		same bool
	}{
		"one IPv4 address":              {at("192.0.2.1"), at("192.0.2.1"), true},
		"two IPv4 addresses":            {at("192.0.2.1"), at("192.0.2.2"), false},
		"one /64":                       {at("2001:db8::1"), at("2001:db8::ffff:ffff:ffff:ffff"), true},
		"two /64":                       {at("2001:db8:0:1::1"), at("2001:db8:0:2::1"), false},
		"IPv4 in IPv6 form":             {at("192.0.2.1"), at("::ffff:192.0.2.1"), true},
		"two addresses in IPv6 form":    {at("::ffff:192.0.2.1"), at("::ffff:192.0.2.2"), false},
		"an interface beside it":        {at("fe80::1%eth0"), at("fe80::1"), true},
		"no address known":              {throttle.Source(netip.Addr{}), throttle.Source(netip.Addr{}), true},
		"no address and one":            {throttle.Source(netip.Addr{}), at("0.0.0.0"), false},
		"no address and one of IPv6":    {throttle.Source(netip.Addr{}), at("::"), false},
		"the loopbacks of both kinds":   {at("127.0.0.1"), at("::1"), false},
		"an address and its identifier": {at("192.0.2.1"), throttle.Password("192.0.2.1"), false},
	} {
		if (c.a == c.b) != c.same {
			t.Errorf("%s: %v and %v", name, c.a, c.b)
		}
	}
}

// B05: the spellings of one address are one key, so they are one counter.
func TestB05SpellingsOfAnIdentifierShareACounter(t *testing.T) {
	t.Parallel()
	want := throttle.Password("alice@acme.test")
	for _, s := range []string{"alice@acme.test", "ALICE@Acme.Test", "  alice@acme.test\t", "ａｌｉｃｅ＠acme.test", "alice@acme.teﬆ"} {
		key, err := user.Key(s)
		if err != nil {
			t.Errorf("%q: %v", s, err)
		}
		if throttle.Password(key) != want {
			t.Errorf("%q has a counter of its own", s)
		}
	}
	if throttle.Password("bob@acme.test") == want {
		t.Error("everybody shares one counter")
	}
}

func TestJ08SprayingFromABlockOfAddressesIsSlowedAndAnotherBlockIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	from := func(last byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, last}) }
	refused := 0
	for i := range 700 {
		at := from(byte(i % 250))
		if _, err := throttle.Take(ctx, w.store, w.tenant, w.now, throttle.Source(at), throttle.Network(at)); errors.Is(err, throttle.ErrTooMany) {
			refused++
		}
	}
	if refused != 100 {
		t.Errorf("%d of 700 tries from one block were refused, want 100", refused)
	}
	honest := netip.MustParseAddr("198.51.100.7")
	if _, err := throttle.Take(ctx, w.store, w.tenant, w.now, throttle.Source(honest), throttle.Network(honest)); err != nil {
		t.Errorf("somebody elsewhere: %v", err)
	}
	if throttle.Network(from(1)) != throttle.Network(from(2)) || throttle.Network(from(1)) == throttle.Source(from(1)) {
		t.Error("a block is not one counter of its own")
	}
}
