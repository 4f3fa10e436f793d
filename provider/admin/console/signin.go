package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"sallyport/mfa/policy"
	"sallyport/provider/explain"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

const (
	signInsPath = "/admin/signins"
	whatIfPath  = "/admin/what-if"
)

func (c *Console) explainRoutes() []web.Route {
	return []web.Route{get(signInsPath, c.signIns), get(signInsPath+"/{event}", c.explain), get(whatIfPath, c.whatIf), post(whatIfPath, c.answerWhatIf)}
}

// errNobody says that no person of the tenant has the address.
var errNobody = errors.New("nobody has that address")

// byAddress finds a person of the tenant. Errors: errNobody.
func (c *Console) byAddress(ctx context.Context, t id.Tenant, address string) (id.User, error) {
	key, err := user.Key(address)
	if err != nil {
		return id.User{}, fmt.Errorf("%w: %w", errNobody, err)
	}
	row, err := c.config.Store.Tenant(t).UserByEmail(ctx, db.UserByEmailParams{TenantID: t, EmailKey: key})
	if errors.Is(err, storage.ErrNotFound) {
		return id.User{}, errNobody
	}
	if err != nil {
		return id.User{}, fmt.Errorf("find person: %w", err)
	}
	return row.ID, nil
}

func (c *Console) signIns(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	p := templates.SignIns{Frame: frame(s, r), Action: signInsPath, Person: r.URL.Query().Get("person"), BackURL: "/admin"}
	var of *id.User
	if p.Person != "" {
		u, err := c.byAddress(r.Context(), s.Tenant, p.Person)
		if errors.Is(err, errNobody) {
			p.Error = templates.ErrorPersonUnknown
			return web.Render(w, r, http.StatusUnprocessableEntity, p)
		}
		if err != nil {
			return err
		}
		of = &u
	}
	if p.Rows, err = c.rows(r.Context(), s.Tenant, of); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, p)
}

func (c *Console) rows(ctx context.Context, t id.Tenant, of *id.User) ([]templates.SignInRow, error) {
	all, err := explain.List(ctx, c.config.Store, t, of)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, row := range all {
		people = append(people, row.User)
	}
	called, err := c.called(ctx, t, people...)
	if err != nil {
		return nil, err
	}
	var out []templates.SignInRow
	for _, row := range all {
		out = append(out, templates.SignInRow{At: row.At, Person: called[row.User], Client: row.Client, URL: signInsPath + "/" + row.Event.String(),
			Refused: row.Outcome == policy.TurnedAway})
	}
	return out, nil
}

// called are the addresses of people by their identifiers, which stand for those who cannot be found.
func (c *Console) called(ctx context.Context, t id.Tenant, people ...string) (map[string]string, error) {
	out, of := map[string]string{}, db.AddressesOfParams{TenantID: t}
	slices.Sort(people)
	for _, name := range slices.Compact(people) {
		var u id.User
		if out[name] = name; u.Parse(name) == nil {
			of.People = append(of.People, u.UUID)
		}
	}
	rows, err := c.config.Store.Tenant(t).AddressesOf(ctx, of)
	if err != nil {
		return nil, fmt.Errorf("read addresses: %w", err)
	}
	for _, row := range rows {
		out[row.ID.String()] = row.Email
	}
	return out, nil
}

func (c *Console) explain(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	var e id.Event
	if e.Parse(mux.Vars(r)["event"]) != nil {
		return storage.ErrNotFound
	}
	x, err := explain.SignIn(r.Context(), c.config.Store, s.Tenant, e)
	if err != nil {
		return err
	}
	called, err := c.called(r.Context(), s.Tenant, x.User)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Explained{Frame: frame(s, r), At: x.At, Person: called[x.User], Client: x.Client, Address: x.Address,
		Refused: x.Outcome == policy.TurnedAway, Sentences: passages(x.Sentences), Rule: x.Rule, Required: x.Required, Reached: x.Reached,
		Policy: x.Policy.Number, Event: x.Event.String(), BackURL: signInsPath})
}

func passages(sentences []explain.Sentence) []templates.Passage {
	var out []templates.Passage
	for _, s := range sentences {
		out = append(out, templates.Passage{Key: s.Key, Data: s.Data})
	}
	return out
}
