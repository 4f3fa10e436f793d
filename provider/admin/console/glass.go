package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sallyport/mfa/policy"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// addresses are those of the people whom no rule binds, one a line. Who cannot be found any more is shown by their id,
// so that saving the form does not drop them unseen.
func (c *Console) addresses(ctx context.Context, t id.Tenant, people []id.User) (string, error) {
	var out []string
	for _, u := range people {
		row, err := c.config.Store.Tenant(t).UserByID(ctx, db.UserByIDParams{TenantID: t, ID: u})
		switch {
		case errors.Is(err, storage.ErrNotFound):
			row.Email = u.String()
		case err != nil:
			return "", fmt.Errorf("read people for emergencies: %w", err)
		}
		out = append(out, row.Email)
	}
	return strings.Join(out, "\n"), nil
}

// glass finds the people behind the addresses, in this tenant alone. Errors: policy.ErrInvalid for an address that nobody
// has, or that no person signs in with.
func (c *Console) glass(ctx context.Context, t id.Tenant, typed string, current []id.User) ([]id.User, error) {
	var out []id.User
	for _, address := range words(typed) {
		u, err := c.person(ctx, t, address, current)
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

func (c *Console) person(ctx context.Context, t id.Tenant, address string, current []id.User) (id.User, error) {
	var u id.User
	if u.Parse(address) == nil && slices.Contains(current, u) {
		return u, nil
	}
	key, err := user.Key(address)
	if err != nil {
		return id.User{}, fmt.Errorf("%w: %w", policy.ErrInvalid, err)
	}
	row, err := c.config.Store.Tenant(t).UserByEmail(ctx, db.UserByEmailParams{TenantID: t, EmailKey: key})
	switch {
	case errors.Is(err, storage.ErrNotFound) || err == nil && row.Service:
		return id.User{}, fmt.Errorf("%w: break_glass names nobody who signs in", policy.ErrInvalid)
	case err != nil:
		return id.User{}, fmt.Errorf("find people for emergencies: %w", err)
	}
	return row.ID, nil
}
