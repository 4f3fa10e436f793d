package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// admin runs an administrator's command beside the demo, as its terminal tells to.
func (d demonstration) admin(t *testing.T, input string, args ...string) string {
	t.Helper()
	c := command{t, d.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.dir}}
	out, problems, code := c.try(input, append([]string{"--config", filepath.Join(d.dir, "data", "demo", "config.yaml"), "admin"}, args...)...)
	if code != 0 {
		t.Fatalf("%v: exit %d: %s", args, code, problems)
	}
	return out
}

type person struct{ email, password string }

// The demo's own people, for those who change nothing about them.
var (
	grace = person{"grace@acme.test", "grace-finds-the-moth"}
	mary  = person{"mary@acme.test", "mary-maps-the-wind"}
	edith = person{"edith@acme.test", "edith-charts-the-lines"}
	robot = person{"robot@acme.test", "robot-works-at-night"}
)

var newcomers atomic.Int64

// person is somebody new, whom no other test knows.
func (d demonstration) person(t *testing.T, tenant, email string, more ...string) person {
	t.Helper()
	local, domain, _ := strings.Cut(email, "@")
	p := person{fmt.Sprintf("%s-%d@%s", local, newcomers.Add(1), domain), local + "-knows-the-way"}
	d.admin(t, p.password+"\n", append([]string{"user", "add", "--tenant", tenant, "--password-file", "-", p.email}, more...)...)
	return p
}

// policy changes the rules of a tenant.
func (d demonstration) policy(t *testing.T, tenant string, change map[string]any) {
	t.Helper()
	p := decode[map[string]any](t, d.admin(t, "", "policy", "show", "--tenant", tenant, "--json"))
	for name, value := range change {
		p[name] = value
	}
	d.admin(t, encode(t, p), "policy", "set", "--tenant", tenant, "--document", "-")
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// tenant is one whose rules may be changed, with its owner.
func (d demonstration) tenant(t *testing.T, name string) (slug string, owner person) {
	t.Helper()
	slug = fmt.Sprintf("%s-%d", name, newcomers.Add(1))
	d.admin(t, "", "tenant", "add", slug, "--name", "Umbrella")
	d.admin(t, "", "policy", "set", "--tenant", slug, "--second-factor", "required")
	return slug, d.person(t, slug, "olga@"+slug+".test", "--role", "owner")
}
