"""What the families of the field minimise, on the same network and the same views.

regression: absolute error, its gradient, the bias of each tissue and quantiles (the default);
l1: absolute error alone; gan: pix2pix (Isola et al., CVPR 2017) with a least-squares critic;
flow: rectified flow from noise to the CT under the MR (Liu et al., ICLR 2023).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ml.models.synthetic_ct.modeling import quantiles
from ml.training.synthetic_ct.recipe import Recipe
from ml.training.synthetic_ct.stream import Views

# Tissues by true HU in thousands: their mean errors are driven to zero one by one, since bias and
# not noise shifts dose.
TISSUES = ((-1.2, -0.4), (-0.2, -0.04), (0.0, 0.13), (0.2, 0.7), (0.7, 3.2))
LOWER, UPPER = 0.05, 0.95


def masked_mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp_min(1.0)


def absolute_error(predicted: Tensor, views: Views) -> Tensor:
    """Mean absolute error in thousands of HU where the CT is known."""
    return masked_mean((predicted - views.ct).abs(), views.weight)


def gradient_error(predicted: Tensor, views: Views) -> Tensor:
    """Mean absolute error of differences between neighbouring pixels."""
    error = predicted - views.ct
    both_y = views.weight[..., 1:, :] * views.weight[..., :-1, :]
    both_x = views.weight[..., :, 1:] * views.weight[..., :, :-1]
    along_y = masked_mean((error[..., 1:, :] - error[..., :-1, :]).abs(), both_y)
    along_x = masked_mean((error[..., :, 1:] - error[..., :, :-1]).abs(), both_x)
    return (along_x + along_y) / 2


def tissue_bias(predicted: Tensor, views: Views) -> Tensor:
    """Mean over tissues of the absolute mean error."""
    biases = []
    for low, high in TISSUES:
        inside = views.weight * ((views.ct >= low) & (views.ct < high))
        if inside.sum() > 50:
            biases.append(masked_mean(predicted - views.ct, inside).abs())
    return torch.stack(biases).mean() if biases else predicted.sum() * 0


def pinball(predicted: Tensor, views: Views, level: float) -> Tensor:
    """The loss whose minimum is the ``level`` quantile."""
    over = views.ct - predicted
    return masked_mean(torch.maximum(level * over, (level - 1) * over), views.weight)


def regression_loss(model: nn.Module, views: Views, recipe: Recipe) -> Tensor:
    lower, middle, upper = quantiles(model(views.planes).float()).chunk(3, dim=1)
    band = pinball(lower, views, LOWER) + pinball(upper, views, UPPER)
    return (
        absolute_error(middle, views)
        + recipe.gradient_weight * gradient_error(middle, views)
        + recipe.bias_weight * tissue_bias(middle, views)
        + recipe.quantile_weight * band
    )


def l1_loss(model: nn.Module, views: Views) -> Tensor:
    return absolute_error(model(views.planes).float(), views)


def flow_loss(model: nn.Module, views: Views, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Squared error of the velocity between noise and CT at a random time."""
    noise = recipe.flow_noise * torch.randn(views.ct.shape, generator=generator)
    time = torch.rand(len(views.ct), 1, 1, 1, generator=generator)
    state = (1 - time) * noise + time * views.ct
    seen = torch.cat([views.planes, state, time.expand_as(state)], dim=1)
    velocity = model(seen).float()
    return masked_mean((velocity - (views.ct - noise)) ** 2, views.weight)


class Critic(nn.Module):
    """PatchGAN: says for each patch of MR slice and CT whether the CT is real."""

    def __init__(self, inputs: int = 2, width: int = 32) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for a, b in ((inputs, width), (width, 2 * width), (2 * width, 4 * width)):
            layers += [nn.Conv2d(a, b, 4, stride=2, padding=1), nn.GroupNorm(8, b), nn.SiLU()]
        self.layers = nn.Sequential(*layers, nn.Conv2d(4 * width, 1, 3, padding=1))

    def forward(self, pair: Tensor) -> Tensor:
        out: Tensor = self.layers(pair)
        return out


def gan_losses(
    model: nn.Module, critic: Critic, views: Views, recipe: Recipe
) -> tuple[Tensor, Tensor]:
    """Of the generator and of the critic."""
    made = model(views.planes).float()
    middle = views.planes[:, views.planes.shape[1] // 2, None]
    known = views.weight
    fake = critic(torch.cat([middle, made * known], dim=1)).float()
    generator = absolute_error(made, views) + recipe.adversarial_weight * functional.mse_loss(
        fake, torch.ones_like(fake)
    )
    told_real = critic(torch.cat([middle, views.ct * known], dim=1)).float()
    told_fake = critic(torch.cat([middle, made.detach() * known], dim=1)).float()
    judged = functional.mse_loss(told_real, torch.ones_like(told_real))
    judged = judged + functional.mse_loss(told_fake, torch.zeros_like(told_fake))
    return generator, judged / 2
