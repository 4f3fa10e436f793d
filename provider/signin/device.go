package signin

import (
	"errors"
	"slices"

	"sallyport/mfa"
	"sallyport/mfa/device"
	"sallyport/provider/gate"
	"sallyport/provider/session"
	"sallyport/provider/throttle"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
)

// recognise is asked once the password is right: whether this browser is one that the person trusts. It returns what
// has to be written beside the fact, nil where there is nothing.
func (s *SignIn) recognise(v *visit) (func(*storage.Tx) error, error) {
	switch v.standing() {
	case device.Alive:
		return s.renew(v), nil
	case device.Reused:
		return nil, s.stolen(v)
	}
	return nil, nil
}

func (v *visit) standing() device.Standing {
	d := v.a.Device
	if d == nil || d.Ended || v.a.Policy == nil {
		return device.None
	}
	return device.Judge(device.Presented{Device: d.ID, Owner: *v.a.User, User: *v.a.User, Minted: d.Policy, Policy: v.a.Policy.Version,
		Expires: d.Expires, Used: d.Used, Now: v.now})
}

// passwordCounter is that of the address, for which everybody's guesses count; a browser that the person trusts has one of
// its own, so that a flood of guesses from elsewhere does not keep them out (gauntlet J03).
func (v *visit) passwordCounter(key string) throttle.Counter {
	if v.standing() == device.Alive {
		return throttle.Known(v.a.Device.ID)
	}
	return throttle.Password(key)
}

// renew uses the secret up and hands out the next one, once it is on record.
func (s *SignIn) renew(v *visit) func(*storage.Tx) error {
	d, next := v.a.Device, token.New(token.Device, v.a.Tenant)
	v.stored = func() error {
		c := s.Edge.Cookies
		return c.Set(v.w, v.r, session.DeviceCookie, session.PutDevice(c.Get(v.r, session.DeviceCookie), next, d.Hash), d.Expires.Sub(v.now))
	}
	v.a.Prove(mfa.Proof{Kind: mfa.TrustedDevice, At: v.now, Policy: d.Policy})
	ctx, t, u := v.r.Context(), v.a.Tenant, *v.a.User
	return func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().UsePersonal(ctx, db.UsePersonalParams{TenantID: t.UUID, Kind: string(mfa.TrustedDevice), Hash: d.Hash, Now: v.now}),
			tx.Later().UseDevice(ctx, db.UseDeviceParams{TenantID: t, ID: d.ID, UserID: u, Now: v.now}),
			gate.IssueDevice(ctx, tx, next, u, d.ID, v.now, d.Expires))
	}
}

// outrun reports whether another tab, or somebody who ended the device, was faster: nobody is trusted then, and the
// cookie stays as it is, for the next secret is with the other tab.
func (v *visit) outrun(err error) bool {
	c := (*storage.Conflict)(nil)
	if !errors.As(err, &c) || c.What != string(mfa.TrustedDevice) && c.What != "trusted device" {
		return false
	}
	v.stored = nil
	v.a.Facts.Proofs = slices.DeleteFunc(v.a.Facts.Proofs, func(p mfa.Proof) bool { return p.Kind == mfa.TrustedDevice })
	return true
}

// stolen: a secret that was used before is in two hands. Which of them is the thief's nobody can tell, so no browser
// is trusted any more, and the person hears of it.
func (s *SignIn) stolen(v *visit) error {
	ctx, t, u := v.r.Context(), v.a.Tenant, *v.a.User
	return s.Store.InTenant(ctx, t, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().EndDevices(ctx, db.EndDevicesParams{TenantID: t, UserID: u, Now: v.now, Reason: "secret presented twice"}),
			audit.Record(ctx, tx, t, s.event(v, audit.DeviceStolen, map[string]any{"device": v.a.Device.ID, "locale": v.locale()})))
	})
}
