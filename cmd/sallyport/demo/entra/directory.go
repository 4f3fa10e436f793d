package entra

import (
	"slices"
	"strings"
)

// The tenant ids of the directories; Consumers is the one that all personal accounts in the world share.
const (
	Contoso   = "3e9f7b52-46c1-4d0a-9c55-c0a7050d1d01"
	Fabrikam  = "b81d24f6-0a7e-4c93-8f26-fab21ca30e02"
	Consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

// Administrators is the id of Contoso's group of that name.
const Administrators = "d4c6a1f0-5b3e-4f7d-a2c8-0ad311157a70"

// Directory is an organisation at Entra.
type Directory struct {
	ID, Name string
	People   []Person
}

// Person is somebody in a directory.
type Person struct {
	OID, Address, Name, Note string
	// Email is told where it differs from Address, and not as verified: anybody may have written it.
	Email  string
	Groups []string
}

var directories = []Directory{
	{Contoso, "Contoso", []Person{
		{OID: "0b1f3c86-1d52-4f6e-8a3b-6d1e5c0a9f11", Address: "kim@contoso.test", Name: "Kim Larsen"},
		{OID: "77c2ea90-9b04-4d7c-b5a1-2f8e6b3d4c12", Address: "robin@contoso.test", Name: "Robin Berg", Groups: []string{Administrators},
			Note: "in the group Administrators"},
		{OID: "e25d8a47-63fb-4a19-97d0-b0c4f7a1e813", Address: "mallory@contoso.test", Name: "Mallory Fox", Email: "olivia@acme.test",
			Note: "says that olivia@acme.test is her address, which nobody has verified"},
	}},
	{Fabrikam, "Fabrikam", []Person{
		{OID: "4fa06d3b-c8e1-47b2-a6f9-1e7d0b5c2a21", Address: "nora@fabrikam.test", Name: "Nora Lind"},
		{OID: "9d31b7e4-2a5f-4c08-8e6d-7c9a0f4b1e22", Address: "omar@fabrikam.test", Name: "Omar Haddad"},
	}},
	{Consumers, "Personal accounts", []Person{
		{OID: "00000000-0000-0000-5c3a-9be07d12f431", Address: "pat@personal.test", Name: "Pat Holm", Note: "not of any organisation"},
	}},
}

// Directories are all that there are, each with its people.
func Directories() []Directory { return slices.Clone(directories) }

// Issuer is who a directory's tokens are from, at a provider of that origin.
func Issuer(origin, tenant string) string { return origin + "/" + tenant + "/v2.0" }

// authority is what stands first in a path: one directory, or a word for several.
type authority struct {
	name        string
	directories []Directory
}

func authorityOf(name string) (authority, bool) {
	work := slices.DeleteFunc(Directories(), func(d Directory) bool { return d.ID == Consumers })
	switch name {
	case "organizations":
		return authority{name, work}, true
	case "common":
		return authority{name, Directories()}, true
	}
	i := slices.IndexFunc(directories, func(d Directory) bool { return d.ID == name })
	if i < 0 {
		return authority{}, false
	}
	return authority{name, directories[i : i+1]}, true
}

// tenant is the directory's id, or what stands for it where there are several.
func (a authority) tenant() string {
	if len(a.directories) == 1 {
		return a.directories[0].ID
	}
	return "{tenantid}"
}

// find looks for the one person whom the test fits.
func (a authority) find(fits func(Directory, Person) bool) (Directory, Person, bool) {
	for _, d := range a.directories {
		for _, p := range d.People {
			if fits(d, p) {
				return d, p, true
			}
		}
	}
	return Directory{}, Person{}, false
}

// hinted is whom a login_hint or, failing that, a domain_hint means; the claim login_hint is a hint, too.
func (a authority) hinted(login, domain string) string {
	_, p, ok := a.find(func(_ Directory, p Person) bool { return strings.EqualFold(p.Address, login) || login == hint(p) })
	if !ok && domain != "" {
		_, p, _ = a.find(func(_ Directory, p Person) bool { return strings.HasSuffix(p.Address, "@"+strings.ToLower(domain)) })
	}
	return p.OID
}
