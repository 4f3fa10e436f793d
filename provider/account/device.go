package account

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

const devicesPath = "/account/devices"

func devicePath(d id.Device) string { return devicesPath + "/" + d.String() + "/end" }

// devices are the browsers that may skip the second factor by the policy of today.
func (a *Account) devices(r *http.Request, s *session.Session) ([]db.ListDevicesRow, error) {
	rows, err := a.config.Store.Tenant(s.Tenant).ListDevices(r.Context(), db.ListDevicesParams{TenantID: s.Tenant, UserID: s.User, Now: a.config.Now(),
		PolicyVersion: int32(s.Policy.Version)})
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	return rows, nil
}

func deviceRows(rows []db.ListDevicesRow) []templates.Device {
	var out []templates.Device
	for _, d := range rows {
		out = append(out, templates.Device{ID: d.ID.String(), Browser: browser(d.Agent), Address: d.Address, Trusted: d.CreatedAt, LastUsed: d.LastUsedAt,
			Expires: d.ExpiresAt, Action: devicePath(d.ID)})
	}
	return out
}

// device finds one of the person's own. Errors: storage.ErrNotFound for anything else.
func (a *Account) device(r *http.Request, s *session.Session) (db.ListDevicesRow, error) {
	rows, err := a.devices(r, s)
	if err != nil {
		return db.ListDevicesRow{}, err
	}
	i := slices.IndexFunc(rows, func(d db.ListDevicesRow) bool { return d.ID.String() == mux.Vars(r)["id"] })
	if i < 0 {
		return db.ListDevicesRow{}, fmt.Errorf("look up device: %w", storage.ErrNotFound)
	}
	return rows[i], nil
}

func (a *Account) askEndDevice(w http.ResponseWriter, r *http.Request) error {
	s := session.From(r.Context())
	d, err := a.device(r, s)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Confirm{Frame: frame(s), Title: templates.ForgetDeviceTitle, Body: templates.ForgetDeviceBody,
		Data: map[string]any{"Browser": browser(d.Agent)}, Action: devicePath(d.ID), Button: templates.ForgetDeviceButton, CancelURL: "/account"})
}

func (a *Account) endDevice(w http.ResponseWriter, r *http.Request) error {
	s, err := posted(r)
	if err != nil {
		return err
	}
	d, err := a.device(r, s)
	if err != nil {
		return err
	}
	if err := a.forget(r, s, func(tx *storage.Tx) error {
		return tx.Later().EndDevice(r.Context(), db.EndDeviceParams{TenantID: s.Tenant, UserID: s.User, ID: d.ID, Now: a.config.Now(), Reason: "forgotten by its owner"})
	}); err != nil {
		return err
	}
	return done(w, r, deviceForgotten)
}

func (a *Account) endDevices(w http.ResponseWriter, r *http.Request) error {
	s, err := posted(r)
	if err != nil {
		return err
	}
	if err := a.forget(r, s, func(tx *storage.Tx) error {
		return tx.Later().EndDevices(r.Context(), db.EndDevicesParams{TenantID: s.Tenant, UserID: s.User, Now: a.config.Now(), Reason: "forgotten by its owner"})
	}); err != nil {
		return err
	}
	return done(w, r, devicesForgotten)
}

// forget ends trust. It asks for no fresh proof: less is skipped afterwards, never more. Sessions that began by being
// trusted end with it.
func (a *Account) forget(r *http.Request, s *session.Session, end func(*storage.Tx) error) error {
	now := a.config.Now()
	return a.config.Store.InTenant(r.Context(), s.Tenant, func(tx *storage.Tx) error {
		return errors.Join(end(tx), session.EndOthers(r.Context(), tx, s.Tenant, s.User, s.ID, "device forgotten", now),
			audit.Record(r.Context(), tx, s.Tenant, audit.Event{Kind: audit.DevicesEnded, At: now, Actor: audit.User(s.User), Target: audit.OnUser(s.User),
				Origin: a.origin(r), Detail: map[string]any{"session": s.ID}}))
	})
}
