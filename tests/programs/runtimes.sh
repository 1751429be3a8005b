#!/usr/bin/env bash
# Lays out private dotnet roots for the tests: ROOT/8.0.33, ROOT/9.0.22, ROOT/10.0.14 (or the versions
# named after ROOT), each with the installed SDK's host (`dotnet`, host/fxr) and the runtime and
# ASP.NET Core files of that version's NuGet runtime packs. `ROOT/VERSION/dotnet exec app.dll` then runs a
# net8.0 program on exactly that runtime, whatever is installed, and createdump and the DAC of that
# runtime stand in ROOT/VERSION/shared/Microsoft.NETCore.App/VERSION. The packs come by an ordinary
# `dotnet restore`; a root that is there is left alone, so the script can be run again at no cost.
#
# usage: runtimes.sh ROOT [VERSION...]        needs: the .NET SDK, a NuGet feed
set -euo pipefail

root=${1:?usage: runtimes.sh ROOT [VERSION...]}
shift
if [ $# -eq 0 ]; then set -- 8.0.33 9.0.22 10.0.14; fi

sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
mkdir -p "$root"
root=$(cd "$root" && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# restore PACKAGE VERSION: the package's files in ROOT/packages, by a project that does nothing else.
restore() {
	local package=$1 version=$2 project
	[ -d "$root/packages/${package,,}/$version" ] && return
	project=$(mktemp -d)
	cat >"$project/pack.csproj" <<-END
		<Project Sdk="Microsoft.NET.Sdk">
		  <PropertyGroup>
		    <TargetFramework>net10.0</TargetFramework>
		    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
		  </PropertyGroup>
		  <ItemGroup><PackageDownload Include="$package" Version="[$version]"/></ItemGroup>
		</Project>
	END
	dotnet restore --packages "$root/packages" "$project/pack.csproj" >"$project/log" ||
		{ cat "$project/log" >&2; echo "runtimes.sh: $package $version cannot be had" >&2; exit 1; }
	rm -r "$project"
}

# install FRAMEWORK VERSION DESTINATION: a pack's managed and native files in one folder, as a shared framework has them.
install_framework() {
	local framework=$1 version=$2 folder=$3/shared/$1/$2 package=$1.Runtime.linux-x64 pack
	restore "$package" "$version"
	pack=$root/packages/${package,,}/$version/runtimes/linux-x64
	mkdir -p "$folder"
	cp "$pack"/lib/net*/* "$folder"
	if [ -d "$pack/native" ]; then cp "$pack"/native/* "$folder"; fi
}

for version in "$@"; do
	[ -d "$root/$version" ] && continue
	building=$root/$version.part
	rm -rf "$building"
	mkdir -p "$building/host"
	cp "$sdk/dotnet" "$building"
	cp -r "$sdk/host/fxr" "$building/host"
	install_framework Microsoft.NETCore.App "$version" "$building"
	install_framework Microsoft.AspNetCore.App "$version" "$building"
	chmod +x "$building/shared/Microsoft.NETCore.App/$version/createdump"
	mv "$building" "$root/$version"
	echo "$root/$version"
done
